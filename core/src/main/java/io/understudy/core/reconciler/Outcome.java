package io.understudy.core.reconciler;

import java.util.Optional;

/** What a rule decided: a step and why. */
record Outcome(Action action, String reason) {

    static Optional<Outcome> of(Action action, String reason) {
        return Optional.of(new Outcome(action, reason));
    }

    static Optional<Outcome> waiting(String reason) {
        return of(new Action.Wait(), reason);
    }
}
