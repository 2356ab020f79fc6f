package io.understudy.core.reconciler;

import java.util.Optional;
import java.util.function.BiFunction;

/** One row of the table by which an agent decides. Its id never changes meaning. */
public final class ReconcilerRule {

    private final String id;
    private final String name;
    private final String when;
    private final BiFunction<Assignment, LocalObservation, Optional<Outcome>> body;

    ReconcilerRule(
            String id, String name, String when, BiFunction<Assignment, LocalObservation, Optional<Outcome>> body) {
        this.id = id;
        this.name = name;
        this.when = when;
        this.body = body;
    }

    /** For example {@code R44}. */
    public String id() {
        return id;
    }

    /** For example {@code promote}. */
    public String name() {
        return name;
    }

    /** When it applies, in words. */
    public String when() {
        return when;
    }

    Optional<Step> decide(Assignment assignment, LocalObservation seen) {
        return body.apply(assignment, seen)
                .map(outcome -> new Step(outcome.action(), id + " " + name, outcome.reason()));
    }
}
