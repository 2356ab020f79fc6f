package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import java.io.PrintStream;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs histories: {@code --seed N} where to begin, {@code --histories M} how many seeds from there, {@code --mode
 * async|semi-sync|sync}, {@code --nodes 3..7}, {@code --trace} prints everything that happened. Status 1 when a promise was
 * broken, 2 when the arguments are wrong.
 */
public final class SimulationMain {

    private static final int MAX_SHOWN = 5;

    private SimulationMain() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out));
    }

    static int run(String[] arguments, PrintStream out) {
        long seed = 1;
        long histories = 1;
        Options options = Options.DEFAULT;
        Trace.Keeping keeping = Trace.Keeping.LAST_EVENTS;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--histories" -> histories = Long.parseLong(arguments[++i]);
                case "--mode" -> options = options.withMode(ReplicationMode.ofLabel(arguments[++i]));
                case "--nodes" -> options = options.withNodes(Integer.parseInt(arguments[++i]));
                case "--trace" -> keeping = Trace.Keeping.EVERYTHING;
                default -> {
                    out.println(
                            "unknown argument '" + arguments[i]
                                    + "': expected --seed N, --histories M, --mode async|semi-sync|sync, --nodes 3..7, --trace");
                    return 2;
                }
            }
        }
        return histories(seed, histories, options, keeping, out);
    }

    private static int histories(long seed, long histories, Options options, Trace.Keeping keeping, PrintStream out) {
        Totals totals = new Totals();
        SortedMap<String, Long> broken = new TreeMap<>();
        long began = System.nanoTime();
        for (long next = seed; next < seed + histories; next++) {
            Outcome outcome = Simulation.run(next, options, new Decisions(), keeping);
            totals.add(outcome);
            if (keeping == Trace.Keeping.EVERYTHING) {
                outcome.lastEvents().forEach(out::println);
                out.println("hash " + Long.toHexString(outcome.hash()));
            }
            if (!outcome.violations().isEmpty()) {
                broken.merge(outcome.violations().getFirst().split(":")[0], 1L, Long::sum);
                if (broken.values().stream().mapToLong(Long::longValue).sum() <= MAX_SHOWN) {
                    out.println(
                            keeping == Trace.Keeping.EVERYTHING
                                    ? "seed " + next + ": " + outcome.violations()
                                    : outcome.describe());
                } else {
                    out.println("seed " + next + ": " + outcome.violations().getFirst());
                }
            }
        }
        totals.print(out, System.nanoTime() - began);
        out.println("broken promises: " + broken);
        return broken.isEmpty() ? 0 : 1;
    }
}
