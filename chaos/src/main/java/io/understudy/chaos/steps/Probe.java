package io.understudy.chaos.steps;

import com.sun.jdi.Method;
import java.util.Arrays;
import java.util.List;

/**
 * The methods of an agent at whose entry it is looked at. They are named as text because most of them are nobody's business
 * outside their packages; {@code ProbeTest} fails when one of them is not there any more.
 */
enum Probe {
    /** A step begins: the engine is about to act. */
    ACT("io.understudy.engines.postgres.PostgresEngine", 1, "act"),
    /** It ended well and is in the journal; the agent has told nobody. */
    SUCCEEDED("io.understudy.agent.Attempts", 2, "succeeded"),
    FAILED("io.understudy.agent.Attempts", 3, "failed"),
    /** The Raft leader has decided and is about to propose. */
    PROPOSE("io.understudy.coordination.CoordinatorDrive", 1, "propose"),
    /** The Raft leader has a state of the ledger and is about to tell the others. */
    TELL("io.understudy.coordination.CoordinatorDrive", 1, "tellOthers"),
    JOURNAL("io.understudy.engines.postgres.Journal", 4, "append"),
    /** A small file is replaced whole. */
    FILE("io.understudy.engines.postgres.files.DurableFiles", 3, "write"),
    MOVE("java.nio.file.Files", 3, "move"),
    SQL("io.understudy.engines.postgres.ServerLink", 1, "run"),
    /** A program of a rewind. */
    PROGRAM("io.understudy.engines.postgres.quarantine.Rewind", 2, "run"),
    GUARD_START("io.understudy.engines.postgres.GuardedServer", 1, "start"),
    GUARD_SIGNAL("io.understudy.engines.postgres.GuardedServer", 1, "signal"),
    GUARD_TERMINATE("io.understudy.engines.postgres.GuardedServer", 1, "terminateChild"),
    GUARD_KILL("io.understudy.engines.postgres.GuardedServer", 0, "kill"),
    GUARD_DISARM("io.understudy.engines.postgres.GuardedServer", 0, "disarm");

    private final String type;
    private final int parameters;
    private final String method;

    Probe(String type, int parameters, String method) {
        this.type = type;
        this.parameters = parameters;
        this.method = method;
    }

    String type() {
        return type;
    }

    String method() {
        return method;
    }

    int parameters() {
        return parameters;
    }

    /** Whether what it enters is an effect inside a step, over when the method returns. */
    boolean isEffect() {
        return switch (this) {
            case ACT, SUCCEEDED, FAILED, PROPOSE, TELL -> false;
            case JOURNAL,
                    FILE,
                    MOVE,
                    SQL,
                    PROGRAM,
                    GUARD_START,
                    GUARD_SIGNAL,
                    GUARD_TERMINATE,
                    GUARD_KILL,
                    GUARD_DISARM -> true;
        };
    }

    boolean isIn(Method found) {
        return found.name().equals(method)
                && found.argumentTypeNames().size() == parameters
                && !found.isAbstract()
                && !found.isBridge();
    }

    static List<Probe> of(String type) {
        return Arrays.stream(values()).filter(probe -> probe.type.equals(type)).toList();
    }
}
