package io.understudy.core.coordinator;

import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.Optional;

/** Rules that end a tenure. Ending one is always safe; it only costs availability. */
final class Ending {

    /** A node that was granted a tenure and does not promote within this is passed over. */
    static final Duration PROMOTION_LIMIT = Duration.ofSeconds(10);

    private Ending() {}

    static Optional<Verdict> cleanStop(Situation now) {
        Optional<Report> report = resignation(now);
        Optional<NodeId> target = now.state().switchover().flatMap(SwitchoverRequest::target);
        Optional<Position> end = report.flatMap(
                resigned -> resigned.seen().server() instanceof Server.Gone gone ? gone.cleanStop() : Optional.empty());
        if (end.isEmpty() || target.isEmpty() || !now.state().isOpen()) {
            return Optional.empty();
        }
        Tenure held = now.tenure();
        return Verdict.of(
                held.holder() + " stopped cleanly at " + end.get() + " to hand over to " + target.get(),
                new Command.Revoke(held.epoch(), Cause.SWITCHOVER, end));
    }

    static Optional<Verdict> resigned(Situation now) {
        return resignation(now)
                .flatMap(report -> Verdict.of(
                        "no process of " + report.node() + "'s server is left",
                        new Command.Revoke(now.tenure().epoch(), Cause.FAILOVER, Optional.empty())));
    }

    private static Optional<Report> resignation(Situation now) {
        return now.state()
                .running()
                .flatMap(held -> now.freshReport(held.holder().node())
                        .filter(report -> report.resigned().equals(Optional.of(held.epoch()))));
    }

    static Optional<Verdict> leaseExpired(Situation now) {
        if (now.state().running().isEmpty() || !now.leaseIsOver()) {
            return Optional.empty();
        }
        Tenure held = now.tenure();
        return Verdict.of(
                held.holder() + " was not heard for "
                        + now.silence(held.holder().node()).toMillis() + " ms, the lease is "
                        + now.state().settings().lease().toMillis() + " ms",
                new Command.Revoke(held.epoch(), Cause.FAILOVER, Optional.empty()));
    }

    static Optional<Verdict> stalled(Situation now) {
        Optional<Tenure> held = now.state().running().filter(tenure -> tenure.phase() == Phase.GRANTED);
        if (held.isEmpty()
                || hasPromoted(now, held.get())
                || now.now().since(now.seen().phaseSince()).compareTo(PROMOTION_LIMIT) < 0) {
            return Optional.empty();
        }
        return Verdict.of(
                held.get().holder() + " was granted epoch " + held.get().epoch() + " and is not primary after "
                        + PROMOTION_LIMIT.toSeconds() + " s: "
                        + now.report(held.get().holder().node())
                                .map(Report::doing)
                                .orElse("it was not heard"),
                new Command.Revoke(held.get().epoch(), Cause.FAILOVER, Optional.empty()));
    }

    /** By its last report, however old: whether it is still there is the lease's question. */
    private static boolean hasPromoted(Situation now, Tenure held) {
        return now.report(held.holder().node())
                .filter(report -> report.seen().server() instanceof Server.Primary primary
                        && primary.timeline().equals(held.timeline()))
                .isPresent();
    }

    static Optional<Verdict> steady(Situation now) {
        Tenure held = now.tenure();
        return Verdict.of(
                held.phase() == Phase.OPEN
                        ? held.holder() + " is primary of epoch " + held.epoch()
                        : held.holder() + " was granted epoch " + held.epoch() + " and prepares to open: "
                                + now.report(held.holder().node())
                                        .map(Report::doing)
                                        .orElse("not heard yet"));
    }
}
