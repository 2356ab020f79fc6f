package io.understudy.core.reconciler;

import io.understudy.core.cluster.Position;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides the next step of one agent with its own database server. Pure: the same assignment and observation always give
 * the same step, so an agent that was restarted goes on where it was.
 *
 * <p>The rules are tried in the order of {@link #rules()}; the first that applies decides. The first group protects the
 * data whatever is asked; the others pursue one kind of {@link Assignment} each.
 */
public final class Reconciler {

    /** A server that does not answer for longer is ended. */
    public static final Duration STUCK_LIMIT = Duration.ofSeconds(2);

    private static final List<ReconcilerRule> RULES = List.of(
            new ReconcilerRule(
                    "R01", "no-grant", "the server accepts writes without this tenure's Grant", Reconciler::noGrant),
            new ReconcilerRule(
                    "R02",
                    "lease-expired",
                    "the server accepts writes and its lease has run out",
                    Reconciler::leaseOut),
            new ReconcilerRule("R03", "stuck", "the server exists and does not answer", Reconciler::stuck),
            new ReconcilerRule("R04", "foreign-data", "the data is not this cluster's", Reconciler::foreignData),
            new ReconcilerRule("R05", "moving", "the server is starting or stopping", Reconciler::moving),
            new ReconcilerRule(
                    "R06", "restored-copy", "the data holds less than it once reported", Reconciler::restoredCopy),
            new ReconcilerRule("R10", "make-first", "this node makes the first database", Making::first),
            new ReconcilerRule("R20", "promise", "the assignment is newer than the promise", Promising::promise),
            new ReconcilerRule("R21", "promised-later", "the assignment is older than the promise", Promising::later),
            new ReconcilerRule("R30", "seal-start", "no primary, and the server is down", Sealing::start),
            new ReconcilerRule("R31", "seal", "no primary, and the server receives from somebody", Sealing::seal),
            new ReconcilerRule(
                    "R32",
                    "end-replay-blockers",
                    "no primary, and the front runner cannot finish replay",
                    Sealing::unblock),
            new ReconcilerRule("R33", "sealed", "no primary, and nothing is left to do here", Sealing::sealed),
            new ReconcilerRule("R40", "resign", "primary by the ledger, and no server left", Leading::resign),
            new ReconcilerRule(
                    "R41", "await-replay", "granted, and replay has not reached the boundary", Leading::awaitReplay),
            new ReconcilerRule(
                    "R42",
                    "not-at-boundary",
                    "granted, and the log does not end at the boundary",
                    Leading::offBoundary),
            new ReconcilerRule("R43", "await-lease", "granted, and no lease yet", Leading::awaitLease),
            new ReconcilerRule("R44", "promote", "granted, sealed, replayed, under a lease", Leading::promote),
            new ReconcilerRule("R45", "hold-confirmations", "primary, and the in-sync set is to change", Leading::hold),
            new ReconcilerRule("R46", "set-in-sync", "nobody may confirm, and a new set is due", Leading::set),
            new ReconcilerRule("R47", "confirm-marker", "the new set is in force, not yet proved", Leading::confirm),
            new ReconcilerRule("R48", "hand-over", "a switchover has its target", Leading::handOver),
            new ReconcilerRule("R49", "leading", "primary, and nothing to do", Leading::leading),
            new ReconcilerRule("R50", "clone", "a replica without data", Following::cloneData),
            new ReconcilerRule("R51", "replica-start", "a replica, and the server is down", Following::start),
            new ReconcilerRule(
                    "R56",
                    "seal-before-following",
                    "a replica that still receives for another tenure",
                    Following::seal),
            new ReconcilerRule("R52", "await-position", "a replica whose log's end is not known", Following::position),
            new ReconcilerRule("R53", "quarantine", "the log left the cluster's lineage", Following::quarantine),
            new ReconcilerRule("R54", "follow", "a replica that does not follow the primary", Following::follow),
            new ReconcilerRule(
                    "R57",
                    "end-blockers-to-follow",
                    "the new primary waits for a replica that cannot finish replay",
                    Following::unblock),
            new ReconcilerRule("R55", "following", "a replica, and nothing to do", Following::following),
            new ReconcilerRule("R90", "unassigned", "nothing is asked of this node", Reconciler::unassigned));

    private Reconciler() {}

    /** The rules in the order in which they are tried. */
    public static List<ReconcilerRule> rules() {
        return RULES;
    }

    /** The next step. */
    public static Step next(Assignment assignment, LocalObservation seen) {
        for (ReconcilerRule rule : RULES) {
            Optional<Step> step = rule.decide(assignment, seen);
            if (step.isPresent()) {
                return step.get();
            }
        }
        throw new IllegalStateException("No rule applies to " + assignment + " and " + seen);
    }

    private static Optional<Outcome> noGrant(Assignment assignment, LocalObservation seen) {
        if (!(seen.server() instanceof Server.Primary primary)) {
            return Optional.empty();
        }
        if (assignment instanceof Assignment.Lead lead
                && lead.tenure().timeline().equals(primary.timeline())
                && holdsData(lead, seen)) {
            return Optional.empty();
        }
        return Outcome.of(
                new Action.KillServer(),
                "the server accepts writes on timeline " + primary.timeline() + ", which no Grant to this node allows");
    }

    private static boolean holdsData(Assignment.Lead lead, LocalObservation seen) {
        return seen.data() instanceof Data.Ours ours
                && ours.incarnation().equals(lead.tenure().holder().incarnation());
    }

    private static Optional<Outcome> leaseOut(Assignment assignment, LocalObservation seen) {
        boolean valid = assignment instanceof Assignment.Lead lead && leaseIsValid(lead, seen);
        return seen.server() instanceof Server.Primary && !valid
                ? Outcome.of(new Action.KillServer(), "the lease has run out")
                : Optional.empty();
    }

    static boolean leaseIsValid(Assignment.Lead lead, LocalObservation seen) {
        return seen.lease()
                .filter(lease ->
                        lease.valid() && lease.epoch().equals(lead.tenure().epoch()))
                .isPresent();
    }

    private static Optional<Outcome> stuck(Assignment assignment, LocalObservation seen) {
        if (!(seen.server() instanceof Server.Stuck stuck)) {
            return Optional.empty();
        }
        return stuck.lasted().compareTo(STUCK_LIMIT) < 0
                ? Outcome.waiting(
                        "the server has not answered for " + stuck.lasted().toMillis() + " ms")
                : Outcome.of(
                        new Action.KillServer(),
                        "the server has not answered for " + stuck.lasted().toMillis() + " ms, limit "
                                + STUCK_LIMIT.toMillis() + " ms");
    }

    private static Optional<Outcome> foreignData(Assignment assignment, LocalObservation seen) {
        return seen.data() instanceof Data.Foreign foreign ? Outcome.waiting(foreign.problem()) : Optional.empty();
    }

    private static Optional<Outcome> moving(Assignment assignment, LocalObservation seen) {
        return switch (seen.server()) {
            case Server.Starting starting -> Outcome.waiting("the server is starting");
            case Server.Stopping stopping -> Outcome.waiting("the server is stopping");
            case Server.Gone gone -> Optional.empty();
            case Server.Stuck stuck -> Optional.empty();
            case Server.Standby standby -> Optional.empty();
            case Server.Primary primary -> Optional.empty();
        };
    }

    private static Optional<Outcome> restoredCopy(Assignment assignment, LocalObservation seen) {
        if (!(seen.server() instanceof Server.Standby standby) || !(seen.data() instanceof Data.Ours ours)) {
            return Optional.empty();
        }
        Optional<Position> known = standby.position();
        return known.filter(end -> seen.highestReported().isAfter(end))
                .flatMap(end -> Outcome.of(
                        new Action.RenewIncarnation(ours.incarnation()),
                        "the log ends at " + end + " but this data once reported " + seen.highestReported()
                                + ": it was restored from an older copy and is a new member"));
    }

    private static Optional<Outcome> unassigned(Assignment assignment, LocalObservation seen) {
        return Outcome.waiting(
                assignment instanceof Assignment.Unassigned nothing ? nothing.reason() : "nothing is asked");
    }
}
