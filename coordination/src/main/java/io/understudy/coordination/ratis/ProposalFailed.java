package io.understudy.coordination.ratis;

/** The machine refused: its own words. Nothing was changed. */
public final class ProposalFailed extends RaftFailure {
    private static final long serialVersionUID = 1L;

    ProposalFailed(String message) {
        super(message);
    }
}
