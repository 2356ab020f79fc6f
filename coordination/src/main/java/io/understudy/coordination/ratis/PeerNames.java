package io.understudy.coordination.ratis;

import org.apache.ratis.protocol.RaftPeerId;

/**
 * What the Raft peers of a node are called. The first life of a node's storage bears the node's name; a later one bears the
 * name and the beginning of its incarnation, so no vote or acknowledgement of a former life is ever taken for its own.
 */
final class PeerNames {
    /** Between the name and the incarnation; no node's name holds it. */
    static final char SEPARATOR = '~';

    private static final int INCARNATION_CHARS = 8;

    private PeerNames() {}

    /** The peer of a node's later life. */
    static String later(String node, String incarnation) {
        return node + SEPARATOR + incarnation.substring(0, Math.min(INCARNATION_CHARS, incarnation.length()));
    }

    static boolean isLater(String peer) {
        return peer.indexOf(SEPARATOR) >= 0;
    }

    /** The node that a peer is, or was, a life of. */
    static String node(String peer) {
        int end = peer.indexOf(SEPARATOR);
        return end < 0 ? peer : peer.substring(0, end);
    }

    static String node(RaftPeerId peer) {
        return node(peer.toString());
    }
}
