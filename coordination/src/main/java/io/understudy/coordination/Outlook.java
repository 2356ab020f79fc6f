package io.understudy.coordination;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Sightings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Everything the Raft leader knows at one moment.
 *
 * @param leader the Raft leader
 * @param term of its leadership
 * @param state the ledger's
 * @param seen the reports it remembers, on its own clock
 * @param now the moment, on the same clock
 * @param decision its last, empty before the first
 * @param lag for each replica how long ago the primary was where the replica has replayed to; those of which this is not
 *     known are left out
 */
public record Outlook(
        NodeId leader,
        long term,
        ClusterState state,
        Sightings seen,
        MonotonicTime now,
        Optional<Decision> decision,
        Map<NodeId, Duration> lag) {

    public Outlook {
        lag = Map.copyOf(lag);
    }
}
