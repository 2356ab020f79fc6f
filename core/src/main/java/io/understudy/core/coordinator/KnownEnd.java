package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How far a tenure's log went, as far as reports tell. Only what is told of that log counts: what another epoch wrote, or a
 * server that ran writable out of turn on the tenure's timeline, is no part of it however far it goes.
 */
final class KnownEnd {

    private KnownEnd() {}

    /** The furthest that one report tells of the log of the ledger's last tenure; empty when it tells nothing of it. */
    static Optional<Position> of(ClusterState state, Report report) {
        return state.tenure()
                .flatMap(tenure -> Stream.of(ofHolder(tenure, report), ofWhoeverHasIt(tenure, state.lineage(), report))
                        .flatMap(Optional::stream)
                        .reduce(Position::max));
    }

    /** What the holder says of its own log, while it writes it or after it stopped cleanly. */
    private static Optional<Position> ofHolder(Tenure tenure, Report report) {
        if (!tenure.isOf(report.node(), report.incarnation())) {
            return Optional.empty();
        }
        return switch (report.seen().server()) {
            case Server.Primary primary ->
                primary.timeline().equals(tenure.timeline()) ? Optional.of(primary.position()) : Optional.empty();
            case Server.Gone gone -> gone.cleanStop();
            case Server.Standby standby -> Optional.empty();
            case Server.Starting starting -> Optional.empty();
            case Server.Stopping stopping -> Optional.empty();
            case Server.Stuck stuck -> Optional.empty();
        };
    }

    /**
     * What data that holds the tenure's log, the holder's own included, once reported to any Raft leader, which it remembers
     * even while its server is down, and what a replica heard of the holder's end.
     */
    private static Optional<Position> ofWhoeverHasIt(Tenure tenure, List<TimelineStart> ledger, Report report) {
        if (!(report.seen().data() instanceof Data.Ours)
                || !report.lineage(ledger).contains(tenure.start())) {
            return Optional.empty();
        }
        Position once = report.seen().highestReported();
        if (Lineage.fork(report.lineage(ledger), once, ledger).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(
                report.seen().server() instanceof Server.Standby standby
                        ? standby.primaryEnd()
                                .map(heard -> Position.max(once, heard))
                                .orElse(once)
                        : once);
    }
}
