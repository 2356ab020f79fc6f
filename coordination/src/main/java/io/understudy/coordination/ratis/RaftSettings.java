package io.understudy.coordination.ratis;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one node of the Raft group is started with.
 *
 * @param cluster name of the cluster; the group's id is derived from it, so all nodes must agree on it
 * @param self name of this node, one of {@code peers}
 * @param peers all voters, this node included, the same on every node
 * @param storage directory of this node alone; made if absent. It holds the log, the vote and the snapshots
 * @param witness file of this node alone, outside of {@code storage}, by which an emptied or restored storage is told; its
 *     directory is made if absent
 */
public record RaftSettings(
        String cluster,
        String self,
        List<RaftPeerAddress> peers,
        Path storage,
        Path witness,
        RaftTimings timings,
        RaftLimits limits) {
    private static final int MOST_PEERS = 7;

    public RaftSettings {
        peers = List.copyOf(peers);
        if (cluster.isBlank()) {
            throw new IllegalArgumentException("The cluster's name is blank, expected a name");
        }
        if (peers.isEmpty() || peers.size() > MOST_PEERS) {
            throw new IllegalArgumentException("Raft group of " + peers.size() + " peers, expected 1 to " + MOST_PEERS);
        }
        Set<String> names = new HashSet<>();
        Set<String> addresses = new HashSet<>();
        for (RaftPeerAddress peer : peers) {
            if (!names.add(peer.node())) {
                throw new IllegalArgumentException("Node name " + peer.node() + " is used twice in " + peers);
            }
            if (!addresses.add(peer.host() + ":" + peer.port())) {
                throw new IllegalArgumentException("Address of " + peer + " is used twice in " + peers);
            }
        }
        if (witness.toAbsolutePath()
                .normalize()
                .startsWith(storage.toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("The record of the storage's life is " + witness
                    + ", expected a file outside of the storage " + storage);
        }
        if (!names.contains(self)) {
            throw new IllegalArgumentException("This node is '" + self + "', expected one of " + names);
        }
    }

    /** This node's own address. */
    RaftPeerAddress own() {
        return peers.stream()
                .filter(peer -> peer.node().equals(self))
                .findFirst()
                .orElseThrow();
    }

    /** All nodes but this one. */
    List<RaftPeerAddress> others() {
        return peers.stream().filter(peer -> !peer.node().equals(self)).toList();
    }
}
