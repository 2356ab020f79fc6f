package io.understudy.core.reconciler;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.Optional;

/** Rules for the node that the ledger made primary. */
final class Leading {

    private Leading() {}

    static Optional<Outcome> resign(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.Lead lead && seen.server() instanceof Server.Gone
                ? Outcome.waiting("no process of the server is left: the tenure of epoch "
                        + lead.tenure().epoch() + " is given up")
                : Optional.empty();
    }

    static Optional<Outcome> awaitReplay(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.Lead lead) || !(seen.server() instanceof Server.Standby standby)) {
            return Optional.empty();
        }
        if (!standby.isSealed()) {
            return Outcome.of(new Action.Seal(lead.tenure().epoch()), "granted, but the server still receives");
        }
        return standby.boundary().isPresent()
                ? Optional.empty()
                : Outcome.of(
                        new Action.EndReplayBlockers(),
                        "replay is at " + standby.replayed() + ", the boundary is "
                                + lead.tenure().boundary().position());
    }

    static Optional<Outcome> offBoundary(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.Lead lead) || !(seen.server() instanceof Server.Standby standby)) {
            return Optional.empty();
        }
        Position expected = lead.tenure().boundary().position();
        return standby.boundary()
                .filter(found -> !found.position().equals(expected))
                .flatMap(found -> Outcome.of(
                        new Action.KillServer(),
                        "the log ends at " + found.position() + ", the Grant expects " + expected
                                + ": this is not the data that voted, the tenure is given up"));
    }

    static Optional<Outcome> awaitLease(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.Lead lead
                        && seen.server() instanceof Server.Standby
                        && !Reconciler.leaseIsValid(lead, seen)
                ? Outcome.waiting("granted epoch " + lead.tenure().epoch() + ", waiting for its lease")
                : Optional.empty();
    }

    static Optional<Outcome> promote(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.Lead lead && seen.server() instanceof Server.Standby
                ? Outcome.of(
                        new Action.Promote(lead.tenure(), lead.lineage()),
                        "granted epoch " + lead.tenure().epoch() + " on timeline "
                                + lead.tenure().timeline())
                : Optional.empty();
    }

    static Optional<Outcome> hold(Assignment assignment, LocalObservation seen) {
        return dueAfter(assignment, seen, InSyncProgress.Step.NONE)
                .flatMap(lead -> Outcome.of(
                        new Action.HoldConfirmations(lead.inSync().change()),
                        "change " + lead.inSync().change() + " of the in-sync set, to "
                                + lead.inSync().target() + ", passes through nobody"));
    }

    static Optional<Outcome> set(Assignment assignment, LocalObservation seen) {
        return dueAfter(assignment, seen, InSyncProgress.Step.HELD)
                .flatMap(lead -> Outcome.of(
                        new Action.SetInSync(
                                lead.inSync().change(), lead.inSync().target()),
                        "nobody can confirm: " + lead.inSync().target() + " is put in force"));
    }

    static Optional<Outcome> confirm(Assignment assignment, LocalObservation seen) {
        return dueAfter(assignment, seen, InSyncProgress.Step.SET).flatMap(lead -> {
            InSyncConfiguration target = lead.inSync().target();
            return target.blocksCommits()
                    ? Outcome.waiting(target + ": too few members, every commit waits")
                    : Outcome.of(
                            new Action.ConfirmMarker(lead.inSync().change(), target),
                            "a marker proves that commits wait for " + target);
        });
    }

    /** The assignment, when the last finished step of the change asked for is {@code last}. */
    private static Optional<Assignment.Lead> dueAfter(
            Assignment assignment, LocalObservation seen, InSyncProgress.Step last) {
        if (!(assignment instanceof Assignment.Lead lead) || !(seen.server() instanceof Server.Primary primary)) {
            return Optional.empty();
        }
        InSyncProgress done = primary.inSync();
        InSyncProgress.Step reached = done.change() == lead.inSync().change() ? done.step() : InSyncProgress.Step.NONE;
        return reached == last ? Optional.of(lead) : Optional.empty();
    }

    static Optional<Outcome> handOver(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.Lead lead)
                || !(seen.server() instanceof Server.Primary)
                || lead.tenure().phase() != Phase.OPEN
                || lead.inSync().isJoint()) {
            return Optional.empty();
        }
        Optional<NodeId> target = lead.switchover().flatMap(SwitchoverRequest::target);
        return target.flatMap(next -> Outcome.of(new Action.CleanStop(next), "handing over to " + next));
    }

    static Optional<Outcome> leading(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.Lead lead
                ? Outcome.waiting("primary of epoch " + lead.tenure().epoch() + ", "
                        + lead.inSync().target())
                : Optional.empty();
    }
}
