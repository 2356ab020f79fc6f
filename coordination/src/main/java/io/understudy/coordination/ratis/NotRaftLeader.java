package io.understudy.coordination.ratis;

/** This node does not lead the Raft group in the term the caller named. The proposal was not applied and never will be. */
public final class NotRaftLeader extends RaftFailure {
    private static final long serialVersionUID = 1L;

    NotRaftLeader(String message) {
        super(message);
    }
}
