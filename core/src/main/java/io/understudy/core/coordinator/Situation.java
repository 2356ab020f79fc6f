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

    /** Two nodes' clocks differ by less than one part in this. */
    static final long DRIFT = 25;

    /** A guard has killed the server this soon after its deadline, unless its host was paused. */
    static final Duration GUARD_REACTION = Duration.ofMillis(50);

    Optional<Report> report(NodeId node) {
        return Optional.ofNullable(seen.reports().get(node)).map(Sightings.Sighting::report);
    }

    /** The node's report, if it is recent. */
    Optional<Report> freshReport(NodeId node) {
        return report(node).filter(report -> silence(node).compareTo(FRESH) <= 0);
    }

    /** A node that this Raft leader never heard although it leads for less than every living agent needs to report. */
    Optional<NodeId> unheardYet() {
        return now.since(seen.leaderSince()).compareTo(FRESH) >= 0
                ? Optional.empty()
                : state.nodes().stream()
                        .filter(node -> !seen.reports().containsKey(node))
                        .findFirst();
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

    /** Whether the lease is over for the holder too, whose clock may be slower and whose guard takes a moment to react. */
    boolean leaseIsOverOnAnyClock() {
        Duration lease = state.settings().lease();
        return now.since(leaseCountedFrom())
                        .compareTo(lease.plus(lease.dividedBy(DRIFT)).plus(GUARD_REACTION))
                >= 0;
    }

    Tenure tenure() {
        return state.tenure().orElseThrow(() -> new IllegalStateException("there was no primary yet"));
    }
}
