package io.understudy.cli.demo;

import io.understudy.core.cluster.ReplicationMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a demonstration is asked to do.
 *
 * @param rounds 0 or more; 0 only makes sense with {@code keep}
 * @param keep what happens after the last round
 * @param directory empty for a fresh one below the system's temporary directory
 * @param output who reads what it prints
 */
public record DemoOptions(
        ReplicationMode mode,
        int nodes,
        Fault fault,
        int rounds,
        Ending keep,
        Optional<Path> directory,
        Output output) {

    static final int FEWEST_NODES = 3;
    static final int MOST_NODES = 7;
    static final int MOST_ROUNDS = 10_000;

    public DemoOptions {
        List<String> problems = new ArrayList<>();
        if (nodes < FEWEST_NODES || nodes > MOST_NODES) {
            problems.add("--nodes is " + nodes + ", expected " + FEWEST_NODES + " to " + MOST_NODES
                    + " (with fewer than three, no majority is left when one is lost)");
        }
        if (rounds < 0 || rounds > MOST_ROUNDS) {
            problems.add("--rounds is " + rounds + ", expected 0 to " + MOST_ROUNDS);
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /** What happens after the last round. */
    public enum Ending {
        STOP,
        /** The cluster stays up until Ctrl-C and its directory is kept. */
        KEEP
    }

    /** Who reads what is printed. */
    public enum Output {
        /** People: text on standard output. */
        TEXT,
        /** Programs: one JSON object a round on standard output, text on standard error. */
        JSON
    }
}
