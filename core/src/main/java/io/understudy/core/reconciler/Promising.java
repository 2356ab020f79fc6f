package io.understudy.core.reconciler;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.Optional;

/** Rules that keep the durable promise at least as new as what is asked. */
final class Promising {

    private Promising() {}

    static Optional<Outcome> promise(Assignment assignment, LocalObservation seen) {
        return epoch(assignment)
                .filter(asked -> seen.promised().isBefore(asked) && !isPromisedBySealing(assignment, seen))
                .flatMap(asked -> Outcome.of(
                        new Action.Promise(asked),
                        "epoch " + asked + " is asked for; epoch " + seen.promised() + " was promised"));
    }

    /** Sealing promises first, durably: two steps would take twice the time. */
    private static boolean isPromisedBySealing(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.SealFor
                && seen.server() instanceof Server.Standby standby
                && !standby.isSealed();
    }

    static Optional<Outcome> later(Assignment assignment, LocalObservation seen) {
        return epoch(assignment)
                .filter(asked -> asked.isBefore(seen.promised()))
                .flatMap(asked -> Outcome.waiting("epoch " + seen.promised() + " was promised and epoch " + asked
                        + " is asked for: this view of the ledger is old, waiting for a newer one"));
    }

    private static Optional<Epoch> epoch(Assignment assignment) {
        return switch (assignment) {
            case Assignment.SealFor seal -> Optional.of(seal.next());
            case Assignment.Lead lead -> Optional.of(lead.tenure().epoch());
            case Assignment.FollowPrimary follow -> Optional.of(follow.tenure().epoch());
            case Assignment.MakeFirst first -> Optional.empty();
            case Assignment.Unassigned nothing -> Optional.empty();
        };
    }
}
