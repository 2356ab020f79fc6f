package io.understudy.coordination.ratis;

/** A proposal, query or answer exceeds its bound in {@link RaftLimits}. A proposal or query was not sent. */
public final class MessageTooLarge extends RaftFailure {
    private static final long serialVersionUID = 1L;

    MessageTooLarge(String message) {
        super(message);
    }
}
