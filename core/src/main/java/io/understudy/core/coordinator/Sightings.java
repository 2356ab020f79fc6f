package io.understudy.core.coordinator;

import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import java.util.Map;
import java.util.Optional;

/**
 * What the Raft leader remembers beside the ledger. Lost with Raft leadership; a new leader begins with nothing and waits
 * a full lease before it calls one expired.
 *
 * @param leaderSince when this node became Raft leader
 * @param reports the last report of each node
 * @param lastRenewal when the holder of the last tenure was last told that it holds it; its Grant tells it the first time, as
 *     seen by this node. Empty before the first Grant
 * @param phaseSince when the tenure's present phase was first seen
 * @param changeSince when the present change of the in-sync set was first seen
 * @param switchoverSince when the present request was first seen, empty without one
 * @param furthestEnd the furthest end of the last tenure's log that any report told since this node became Raft leader, also by
 *     data that is lost since; empty when none did. Begins anew with each epoch
 */
public record Sightings(
        MonotonicTime leaderSince,
        Map<NodeId, Sighting> reports,
        Optional<MonotonicTime> lastRenewal,
        MonotonicTime phaseSince,
        MonotonicTime changeSince,
        Optional<MonotonicTime> switchoverSince,
        Optional<Position> furthestEnd) {

    public Sightings {
        reports = Map.copyOf(reports);
    }

    /** A report and when it arrived. */
    public record Sighting(Report report, MonotonicTime at) {}
}
