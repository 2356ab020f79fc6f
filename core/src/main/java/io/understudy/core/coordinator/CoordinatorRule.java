package io.understudy.core.coordinator;

import io.understudy.core.command.Command;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One row of the table by which the Raft leader decides for the cluster. Its id never changes meaning. */
public final class CoordinatorRule {

    private final String id;
    private final String name;
    private final String when;
    private final Function<Situation, Optional<Verdict>> body;

    CoordinatorRule(String id, String name, String when, Function<Situation, Optional<Verdict>> body) {
        this.id = id;
        this.name = name;
        this.when = when;
        this.body = body;
    }

    /** For example {@code C40}. */
    public String id() {
        return id;
    }

    /** For example {@code grant}. */
    public String name() {
        return name;
    }

    /** When it applies, in words. */
    public String when() {
        return when;
    }

    Optional<Decision> decide(Situation situation) {
        return body.apply(situation)
                .map(verdict -> new Decision(id + " " + name, verdict.reason(), verdict.commands()));
    }

    /** What a rule says: commands and why. */
    record Verdict(String reason, List<Command> commands) {

        static Optional<Verdict> of(String reason, Command... commands) {
            return Optional.of(new Verdict(reason, List.of(commands)));
        }
    }
}
