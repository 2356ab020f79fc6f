package io.understudy.coordination.ratis;

/**
 * No Raft leader answered before the deadline: there is none, or it is out of reach of this node or of a majority. A
 * proposal may have been committed all the same, or may yet be: proposals must be harmless when they come late.
 */
public final class NoRaftLeader extends RaftFailure {
    private static final long serialVersionUID = 1L;

    NoRaftLeader(String message) {
        super(message);
    }
}
