package io.understudy.coordination.ratis;

/** Why a proposal, query or transfer of a {@link RaftNode} failed. */
public abstract sealed class RaftFailure extends RuntimeException
        permits NoRaftLeader, NotRaftLeader, ProposalFailed, MessageTooLarge, RaftNodeStopped {
    private static final long serialVersionUID = 1L;

    RaftFailure(String message) {
        super(message);
    }
}
