package io.understudy.coordination.ratis;

/** Who leads the Raft group, as one peer sees it. */
public sealed interface Leadership {
    /** Raft term in which this was seen. */
    long term();

    /** This peer leads, and has applied everything of earlier terms. */
    record Leading(long term) implements Leadership {}

    /** This peer follows the peer named {@code leader}. */
    record Following(String leader, long term) implements Leadership {}

    /** This peer knows no leader: an election is on, a majority is out of reach, or it was elected and is not ready yet. */
    record Leaderless(long term) implements Leadership {}
}
