package io.understudy.core.cluster;

import java.time.Duration;

/**
 * What the operator chose for the whole cluster.
 *
 * @param mode when a commit is acknowledged
 * @param confirmations in {@code semi-sync}: how many members of the in-sync set must confirm, at least 1
 * @param minInSync with fewer healthy members in the in-sync set than this {@code onShortage} says what happens; at least 1
 * @param onShortage what happens when fewer members than that are healthy
 * @param lease how long a primary may go on without hearing from the Raft leader
 * @param maxFailoverLagBytes in {@code async}: the longest tail that a failover may lose
 */
public record Settings(
        ReplicationMode mode,
        int confirmations,
        int minInSync,
        OnShortage onShortage,
        Duration lease,
        long maxFailoverLagBytes) {

    /** What happens when too few members are healthy to keep the mode's promise. */
    public enum OnShortage {
        /** Commits wait. */
        WAIT,
        /** The promise is given up, recorded and shown; then only the old primary may be promoted without an operator. */
        DEGRADE
    }

    /** Semi-sync, one confirmation, commits wait on shortage, 3 s lease, 16 MiB of lag. */
    public static final Settings DEFAULT =
            new Settings(ReplicationMode.SEMI_SYNC, 1, 1, OnShortage.WAIT, Duration.ofSeconds(3), 16L * 1024 * 1024);

    public Settings {
        require(confirmations >= 1, "confirmations", confirmations, "1 or more");
        require(minInSync >= 1, "min-in-sync", minInSync, "1 or more");
        require(maxFailoverLagBytes >= 0, "max-failover-lag", maxFailoverLagBytes, "0 or more bytes");
        require(lease.toMillis() >= 1_000, "lease", lease.toMillis() + " ms", "1000 ms or more");
    }

    public Settings withMode(ReplicationMode next) {
        return new Settings(next, confirmations, minInSync, onShortage, lease, maxFailoverLagBytes);
    }

    private static void require(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("Setting " + name + " is " + found + ": expected " + expected);
        }
    }
}
