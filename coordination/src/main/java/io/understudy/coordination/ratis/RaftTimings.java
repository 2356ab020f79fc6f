package io.understudy.coordination.ratis;

import java.time.Duration;

/**
 * How long the Raft group waits. The heartbeat interval follows: half of {@code electionMin}.
 *
 * @param electionMin a follower that hears nothing starts an election between this and {@code electionMax}
 * @param electionMax also how long a leader goes on without hearing from a majority, and how long one remote attempt of a
 *     proposal or query may take
 * @param deadline how long a proposal, query or transfer may take altogether, retries included
 */
public record RaftTimings(Duration electionMin, Duration electionMax, Duration deadline) {
    private static final Duration LOWEST_ELECTION = Duration.ofMillis(100);

    public RaftTimings {
        if (electionMin.compareTo(LOWEST_ELECTION) < 0
                || electionMax.compareTo(electionMin) <= 0
                || deadline.compareTo(electionMax) < 0) {
            throw new IllegalArgumentException(
                    "Raft timings are electionMin " + electionMin + ", electionMax " + electionMax + ", deadline "
                            + deadline + ", expected " + LOWEST_ELECTION + " <= electionMin < electionMax <= deadline");
        }
    }

    /**
     * How long a query that can wait is kept waiting for the round of another: 0.6 s of the standard timings, a little longer
     * than from one renewal of a primary's lease to the next, and well before a remote attempt is given up.
     */
    Duration patience() {
        return electionMax.multipliedBy(6).dividedBy(10);
    }

    /** Elections after 0.7 to 1.0 s, which two busy cores do not upset; deadline 5 s. */
    public static RaftTimings standard() {
        return new RaftTimings(Duration.ofMillis(700), Duration.ofMillis(1000), Duration.ofSeconds(5));
    }
}
