package io.understudy.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes a history that broke a promise smaller while it breaks the same one: fewer nodes, fewer faults (by delta debugging, Zeller
 * and Hildebrandt 2002), a shorter time of faults. What is left plays again from the seed and the names of the faults.
 */
final class Shrinking {

    /** So many histories are tried at most; what is smallest by then is taken. */
    static final int TRIES = 600;

    /** What a fault did not touch goes as before only at first, so a history gets so many turns before it counts as harmless. */
    private static final int TURNS = 4;

    private static final int FEWEST_NODES = 3;
    private static final int SECONDS_A_STEP = 5;

    private final Decisions decisions;
    private final String promise;
    private Options options;
    private Outcome smallest;
    private int tries;

    private Shrinking(Outcome broken, Options options, Decisions decisions) {
        this.decisions = decisions;
        // In another turn another number would be drawn.
        this.options = options.withNodes(broken.nodes());
        promise = broken.brokenPromise().orElseThrow(() -> new IllegalArgumentException("every promise was kept"));
        smallest = broken;
    }

    /**
     * A history made smaller.
     *
     * @param options with which its seed gives it
     * @param tries how many histories it took
     */
    record Shrunk(Outcome outcome, Options options, int tries) {

        /** What was found, how to play it again, and the last events before the promise was broken. */
        String describe(Outcome found) {
            return outcome.describe(
                    "shrunk from " + found.faults().size() + " faults on " + found.nodes() + " nodes to "
                            + outcome.faults().size() + " on " + outcome.nodes() + " in " + tries
                            + " histories; to play it again: "
                            + arguments());
        }

        /** The arguments of {@link SimulationMain} that play it again. */
        String arguments() {
            StringBuilder words = new StringBuilder("--seed " + outcome.seed());
            options.mode().ifPresent(mode -> words.append(" --mode ").append(mode.label()));
            if (options.nodes() != 0) {
                words.append(" --nodes ").append(options.nodes());
            }
            if (options.turn() != 0) {
                words.append(" --turn ").append(options.turn());
            }
            if (!options.faults().equals(Options.DEFAULT.faults())) {
                words.append(" --fault-seconds ").append(options.faults().toSeconds());
            }
            options.kept()
                    .ifPresent(kept -> words.append(" --keep-faults ")
                            .append(
                                    outcome.faults().isEmpty()
                                            ? FaultSchedule.NONE
                                            : String.join(",", outcome.faults())));
            return words.append(" --trace").toString();
        }
    }

    /** @param broken what {@code options} and {@code decisions} made of its seed; it broke a promise */
    static Shrunk shrink(Outcome broken, Options options, Decisions decisions) {
        Shrinking work = new Shrinking(broken, options, decisions);
        work.fewerNodes();
        work.fewerFaults();
        work.shorter();
        return new Shrunk(work.smallest, work.options, work.tries);
    }

    private boolean stillBreaks(Options tried) {
        for (int turn = 0; turn < TURNS && tries < TRIES; turn++) {
            tries++;
            if (breaks(tried.withTurn((options.turn() + turn) % TURNS))) {
                return true;
            }
        }
        return false;
    }

    private boolean breaks(Options tried) {
        Outcome outcome = Simulation.run(smallest.seed(), tried, decisions, Trace.Keeping.LAST_EVENTS);
        if (!outcome.brokenPromise().equals(Optional.of(promise))) {
            return false;
        }
        smallest = outcome;
        options = tried;
        return true;
    }

    private void fewerNodes() {
        for (int nodes = FEWEST_NODES; nodes < smallest.nodes(); nodes++) {
            if (stillBreaks(options.withNodes(nodes))) {
                return;
            }
        }
    }

    /** Leaves out parts, in the end single faults, until none can be left out. */
    private void fewerFaults() {
        int parts = 1;
        while (!smallest.faults().isEmpty()) {
            boolean fewer = withoutOneOf(split(smallest.faults(), parts));
            if (fewer) {
                parts = Math.max(parts - 1, 1);
            } else if (parts >= smallest.faults().size()) {
                return;
            } else {
                parts = Math.min(2 * parts, smallest.faults().size());
            }
        }
    }

    private boolean withoutOneOf(List<List<String>> parts) {
        // The last ones first: what came after the promise was broken goes at once.
        for (List<String> part : parts.reversed()) {
            List<String> rest = new ArrayList<>(smallest.faults());
            rest.removeAll(part);
            if (stillBreaks(options.keeping(rest))) {
                return true;
            }
        }
        return false;
    }

    private static List<List<String>> split(List<String> faults, int parts) {
        List<List<String>> split = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            split.add(faults.subList(faults.size() * part / parts, faults.size() * (part + 1) / parts));
        }
        return split;
    }

    private void shorter() {
        for (long seconds = SECONDS_A_STEP; seconds < options.faults().toSeconds(); seconds += SECONDS_A_STEP) {
            if (stillBreaks(options.withFaultsFor(Duration.ofSeconds(seconds)))) {
                return;
            }
        }
    }
}
