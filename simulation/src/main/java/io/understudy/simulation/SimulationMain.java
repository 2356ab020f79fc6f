package io.understudy.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs histories, and counts what they reached. Status 0 when every promise was kept, 1 when one was broken or something was never
 * reached that should be, 2 when the arguments are wrong.
 */
public final class SimulationMain {

    private static final int MAX_SHOWN = 5;
    private static final long PROGRESS_NANOS = 10_000_000_000L;

    private final Arguments asked;
    private final Decisions decisions;
    private final PrintStream out;
    private final Totals totals = new Totals();
    private final SortedMap<Long, Outcome> broken = new ConcurrentSkipListMap<>();
    private final SortedMap<Long, Throwable> unplayed = new ConcurrentSkipListMap<>();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final long began = System.nanoTime();

    private SimulationMain(Arguments asked, Decisions decisions, PrintStream out) {
        this.asked = asked;
        this.decisions = decisions;
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(run(arguments, System.out));
    }

    static int run(String[] arguments, PrintStream out) throws InterruptedException {
        return run(arguments, new Decisions(), out);
    }

    static int run(String[] arguments, Decisions decisions, PrintStream out) throws InterruptedException {
        Arguments asked;
        try {
            asked = Arguments.parse(arguments);
        } catch (IllegalArgumentException wrong) {
            out.println(wrong.getMessage());
            out.println(Arguments.USAGE);
            return 2;
        }
        if (asked.help()) {
            out.println(Arguments.USAGE);
            return 0;
        }
        return new SimulationMain(asked, decisions, out).run();
    }

    private int run() throws InterruptedException {
        AtomicLong next = new AtomicLong(asked.seed());
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < asked.threads(); i++) {
            workers.add(Thread.ofPlatform().name("histories-" + i).start(() -> {
                long seed = next.getAndIncrement();
                while (!isOver(seed)) {
                    try {
                        history(seed);
                    } catch (RuntimeException | Error failed) {
                        unplayed.put(seed, failed);
                    }
                    seed = next.getAndIncrement();
                }
            }));
        }
        long told = began;
        for (Thread worker : workers) {
            while (!worker.join(Duration.ofMillis(200))) {
                if (System.nanoTime() - told > PROGRESS_NANOS) {
                    told = System.nanoTime();
                    progress();
                }
            }
        }
        broken.values().stream().limit(MAX_SHOWN).forEach(this::tell);
        broken.values().stream()
                .skip(MAX_SHOWN)
                .forEach(outcome -> out.println(
                        "seed " + outcome.seed() + ": " + outcome.violations().getFirst()));
        totals.print(out, System.nanoTime() - began);
        out.println("broken promises: " + promises());
        unplayed.forEach((seed, failed) -> {
            out.println("seed " + seed + " could not be played: " + failed);
            failed.printStackTrace(out);
        });
        if (asked.allReached() && !totals.neverReached().isEmpty()) {
            out.println("never reached, and should be: " + totals.neverReached());
            return 1;
        }
        return broken.isEmpty() && unplayed.isEmpty() ? 0 : 1;
    }

    private boolean isOver(long seed) {
        return seed >= asked.seed() + asked.histories()
                || enough.get()
                || asked.limit()
                        .filter(limit -> System.nanoTime() - began > limit.toNanos())
                        .isPresent();
    }

    private void history(long seed) {
        Outcome outcome = Simulation.run(seed, asked.options(), decisions, asked.keeping());
        synchronized (totals) {
            totals.add(outcome);
        }
        if (asked.keeping() == Trace.Keeping.EVERYTHING) {
            outcome.lastEvents().forEach(out::println);
            out.println("hash " + Long.toHexString(outcome.hash()));
        }
        if (!outcome.violations().isEmpty()) {
            broken.put(seed, outcome);
            enough.compareAndSet(false, asked.untilBroken());
        }
    }

    private void progress() {
        synchronized (totals) {
            out.println(totals.brief(System.nanoTime() - began) + ", broken so far: " + broken.keySet());
        }
    }

    private void tell(Outcome outcome) {
        if (asked.keeping() == Trace.Keeping.EVERYTHING) {
            out.println("seed " + outcome.seed() + ": " + outcome.violations());
        } else if (asked.shrinking()) {
            out.println(Shrinking.shrink(outcome, asked.options(), decisions).describe(outcome));
        } else {
            out.println(outcome.describe());
        }
    }

    private SortedMap<String, Long> promises() {
        SortedMap<String, Long> counted = new TreeMap<>();
        broken.values()
                .forEach(
                        outcome -> counted.merge(outcome.violations().getFirst().split(":")[0], 1L, Long::sum));
        return counted;
    }
}
