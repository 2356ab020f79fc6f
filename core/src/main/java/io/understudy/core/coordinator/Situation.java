package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.Optional;

/** Everything a rule may look at. */
record Situation(ClusterState state, Sightings seen, MonotonicTime now) {

    /** A report that is older says nothing about the present. */
    static final Duration FRESH = Duration.ofMillis(1_000);

    Optional<Report> report(NodeId node) {
        return Optional.ofNullable(seen.reports().get(node)).map(Sightings.Sighting::report);
    }

    /** The node's report, if it is recent. */
    Optional<Report> freshReport(NodeId node) {
        return report(node).filter(report -> silence(node).compareTo(FRESH) <= 0);
    }

    /** Time since the node was heard; since this node became Raft leader when it never was. */
    Duration silence(NodeId node) {
        Sightings.Sighting last = seen.reports().get(node);
        return now.since(last == null ? seen.leaderSince() : last.at());
    }

    /** The holder of the running tenure, as it reported recently, while its server is primary of that tenure. */
    Optional<Server.Primary> runningPrimary() {
        return state.running()
                .flatMap(held -> freshReport(held.holder().node())
                        .map(Report::seen)
                        .map(seen -> seen.server() instanceof Server.Primary primary ? primary : null)
                        .filter(primary -> primary.timeline().equals(held.timeline())));
    }

    /** From when the holder's lease is counted: it may rightly believe in it until then plus the lease. */
    MonotonicTime leaseCountedFrom() {
        MonotonicTime from = seen.leaderSince();
        if (seen.lastRenewal().isPresent()) {
            from = from.max(seen.lastRenewal().get());
        }
        return state.running().isPresent() ? from.max(grantSeen()) : from;
    }

    private MonotonicTime grantSeen() {
        // Opening the tenure moves phaseSince on; a renewal has arrived by then.
        return state.isOpen() ? seen.leaderSince() : seen.phaseSince();
    }

    boolean leaseIsOver() {
        return now.since(leaseCountedFrom()).compareTo(state.settings().lease()) >= 0;
    }

    Tenure tenure() {
        return state.tenure().orElseThrow(() -> new IllegalStateException("there was no primary yet"));
    }
}
