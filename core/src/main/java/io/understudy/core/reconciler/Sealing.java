package io.understudy.core.reconciler;

import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.Optional;

/** Rules while there is no primary. */
final class Sealing {

    private Sealing() {}

    static Optional<Outcome> start(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.SealFor seal) || !(seen.server() instanceof Server.Gone gone)) {
            return Optional.empty();
        }
        if (!(seen.data() instanceof Data.Ours)) {
            return Outcome.waiting("there is no data here to vote with");
        }
        return gone.problem()
                .map(problem -> new Outcome(new Action.Wait(), problem))
                .or(() -> Outcome.of(
                        new Action.StartSealed(), "the server is down and is to be sealed for epoch " + seal.next()));
    }

    static Optional<Outcome> seal(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.SealFor seal
                        && seen.server() instanceof Server.Standby standby
                        && !standby.isSealed()
                ? Outcome.of(
                        new Action.Seal(seal.next()),
                        "epoch " + seal.next() + " is to begin: nothing older is received")
                : Optional.empty();
    }

    static Optional<Outcome> unblock(Assignment assignment, LocalObservation seen) {
        if (assignment instanceof Assignment.SealFor seal
                && seen.server() instanceof Server.Standby standby
                && standby.position().isPresent()
                && standby.boundary().isEmpty()
                && seal.frontRunner().equals(Optional.of(seal.self()))) {
            return Outcome.of(
                    new Action.EndReplayBlockers(),
                    "replay is at " + standby.replayed() + " of "
                            + standby.position().get() + " and this node is ahead of the others");
        }
        return Optional.empty();
    }

    static Optional<Outcome> sealed(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.SealFor seal) || !(seen.server() instanceof Server.Standby standby)) {
            return Optional.empty();
        }
        return Outcome.waiting(
                standby.position().isPresent()
                        ? "sealed for epoch " + seal.next() + " at "
                                + standby.position().get()
                        : "sealed for epoch " + seal.next() + "; the end of the log is not known yet");
    }
}
