package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Tenure;
import java.time.Duration;
import java.util.Optional;

/**
 * Where Raft leadership should be: not with the primary, so that losing the primary's node does not lose both and make the
 * failover wait for an election and a full lease.
 */
public final class LeadershipPlacement {

    /** Leadership is not moved sooner after it came here, or after the tenure opened: a failover must not wait for it. */
    public static final Duration SETTLE = Duration.ofSeconds(2);

    private LeadershipPlacement() {}

    /**
     * To whom this Raft leader should hand over.
     *
     * @param self the Raft leader
     * @return a node that is heard and does not hold the tenure; empty when leadership is well where it is
     */
    public static Optional<NodeId> better(ClusterState state, Sightings seen, NodeId self, MonotonicTime now) {
        Situation situation = new Situation(state, seen, now);
        Optional<NodeId> primary = state.running().map(Tenure::holder).map(holder -> holder.node());
        if (!primary.equals(Optional.of(self))
                || !state.isOpen()
                || now.since(seen.leaderSince()).compareTo(SETTLE) < 0
                || now.since(seen.phaseSince()).compareTo(SETTLE) < 0) {
            return Optional.empty();
        }
        return state.nodes().stream()
                .filter(node -> !node.equals(self))
                .filter(node -> situation.freshReport(node).isPresent())
                .findFirst();
    }
}
