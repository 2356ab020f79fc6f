package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Tenure;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keeps {@link Sightings} while this node is Raft leader. Owned by whoever applies the ledger, one thread at a time; made
 * anew at each election.
 */
public final class Lookout {

    private final MonotonicTime leaderSince;
    private final Map<NodeId, Sightings.Sighting> reports = new TreeMap<>();
    private Optional<MonotonicTime> lastRenewal = Optional.empty();
    private Epoch epoch = Epoch.NONE;
    private Optional<Phase> phase = Optional.empty();
    private MonotonicTime phaseSince;
    private long change = -1;
    private MonotonicTime changeSince;
    private Optional<MonotonicTime> switchoverSince = Optional.empty();
    private Optional<Position> furthestEnd = Optional.empty();

    public Lookout(ClusterState state, MonotonicTime now) {
        leaderSince = now;
        phaseSince = now;
        changeSince = now;
        applied(state, now);
    }

    /**
     * A report arrived while the ledger holds {@code state}. Where that says that the sender holds the running tenure, its
     * lease counts from now, whether or not the answer comes through.
     */
    public void received(Report report, ClusterState state, MonotonicTime now) {
        reports.put(report.node(), new Sightings.Sighting(report, now));
        reach(state, report);
        if (state.running()
                .filter(held -> held.isOf(report.node(), report.incarnation()))
                .isPresent()) {
            lastRenewal = Optional.of(now);
        }
    }

    /** The holder of the running tenure is about to be told that it holds it: the lease counts from no earlier than now. */
    public void renewed(MonotonicTime now) {
        lastRenewal = Optional.of(now);
    }

    /** The ledger has a new state. */
    public void applied(ClusterState state, MonotonicTime now) {
        Optional<Phase> present = state.tenure().map(Tenure::phase);
        if (!state.epoch().equals(epoch) || !present.equals(phase)) {
            if (!state.epoch().equals(epoch)) {
                // A Grant may bring its lease by itself; nobody need hear of its holder again before that is over.
                lastRenewal = Optional.of(now);
                // How far an older tenure's log went says nothing of this one's. A report may have come before the
                // state.
                furthestEnd = Optional.empty();
                reports.values().forEach(sighting -> reach(state, sighting.report()));
            }
            epoch = state.epoch();
            phase = present;
            phaseSince = now;
        }
        if (state.inSync().change() != change) {
            change = state.inSync().change();
            changeSince = now;
        }
        if (state.switchover().isEmpty()) {
            switchoverSince = Optional.empty();
        } else if (switchoverSince.isEmpty()) {
            switchoverSince = Optional.of(now);
        }
    }

    public Sightings sightings() {
        return new Sightings(leaderSince, reports, lastRenewal, phaseSince, changeSince, switchoverSince, furthestEnd);
    }

    private void reach(ClusterState state, Report report) {
        KnownEnd.of(state, report)
                .ifPresent(end -> furthestEnd = Optional.of(
                        furthestEnd.map(known -> Position.max(known, end)).orElse(end)));
    }
}
