package io.understudy.coordination.ratis;

/**
 * Where one peer is reached by the others.
 *
 * @param node name of the node; names the Raft peer
 * @param host address the peer listens on and the others connect to
 * @param port TCP port, 1 to 65535
 */
public record RaftPeerAddress(String node, String host, int port) {
    public RaftPeerAddress {
        if (node.isBlank() || host.isBlank()) {
            throw new IllegalArgumentException(
                    "A Raft peer needs a node name and a host, found node '" + node + "', host '" + host + "'");
        }
        if (node.indexOf(PeerNames.SEPARATOR) >= 0) {
            throw new IllegalArgumentException(
                    "Node name '" + node + "' holds '" + PeerNames.SEPARATOR + "', expected a name without it");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("Raft port of node " + node + " is " + port + ", expected 1 to 65535");
        }
    }

    @Override
    public String toString() {
        return node + "@" + host + ":" + port;
    }
}
