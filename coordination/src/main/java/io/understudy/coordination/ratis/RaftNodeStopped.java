package io.understudy.coordination.ratis;

/** This node was closed, or its Raft server stopped by itself, for example because its disk is full. */
public final class RaftNodeStopped extends RaftFailure {
    private static final long serialVersionUID = 1L;

    RaftNodeStopped(String message) {
        super(message);
    }
}
