package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private final PrintStream out;
    private final Totals totals = new Totals();
    private final SortedMap<Long, Outcome> broken = new ConcurrentSkipListMap<>();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final long began = System.nanoTime();

    private SimulationMain(Arguments asked, PrintStream out) {
        this.asked = asked;
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(run(arguments, System.out));
    }

    static int run(String[] arguments, PrintStream out) throws InterruptedException {
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
        return new SimulationMain(asked, out).run();
    }

    private int run() throws InterruptedException {
        AtomicLong next = new AtomicLong(asked.seed());
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < asked.threads(); i++) {
            workers.add(Thread.ofPlatform().name("histories-" + i).start(() -> {
                long seed = next.getAndIncrement();
                while (!isOver(seed)) {
                    history(seed);
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
        if (asked.allReached() && !totals.neverReached().isEmpty()) {
            out.println("never reached, and should be: " + totals.neverReached());
            return 1;
        }
        return broken.isEmpty() ? 0 : 1;
    }

    private boolean isOver(long seed) {
        return seed >= asked.seed() + asked.histories()
                || enough.get()
                || asked.limit()
                        .filter(limit -> System.nanoTime() - began > limit.toNanos())
                        .isPresent();
    }

    private void history(long seed) {
        Outcome outcome = Simulation.run(seed, asked.options(), new Decisions(), asked.keeping());
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
        out.println(
                asked.keeping() == Trace.Keeping.EVERYTHING
                        ? "seed " + outcome.seed() + ": " + outcome.violations()
                        : outcome.describe());
    }

    private SortedMap<String, Long> promises() {
        SortedMap<String, Long> counted = new TreeMap<>();
        broken.values()
                .forEach(
                        outcome -> counted.merge(outcome.violations().getFirst().split(":")[0], 1L, Long::sum));
        return counted;
    }

    /** What was asked for; what is left out has its default. */
    private record Arguments(
            long seed,
            long histories,
            Options options,
            Trace.Keeping keeping,
            int threads,
            Optional<Duration> limit,
            boolean untilBroken,
            boolean allReached,
            boolean help) {

        private static final int MOST_THREADS = 256;

        static final String USAGE = """
                usage: SimulationMain [options]
                  --seed N         the first seed (1)
                  --histories M    how many seeds from there (1)
                  --seconds S      begin no history later than this; a run of hours is --histories 1000000000 --seconds 7200
                  --threads T      how many at a time (1)
                  --mode MODE      async, semi-sync or sync; any when left out
                  --nodes N        3 to 7; any when left out
                  --until-broken   stop at the first broken promise
                  --all-reached    fail when a rule never decided, or no agent crashed before or after a step that was begun
                  --trace          print everything that happened
                A seed always gives the same history; --seed N --trace plays one again.""";

        static Arguments parse(String[] words) {
            long seed = 1;
            long histories = 1;
            Options options = Options.DEFAULT;
            Trace.Keeping keeping = Trace.Keeping.LAST_EVENTS;
            int threads = 1;
            Optional<Duration> limit = Optional.empty();
            boolean untilBroken = false;
            boolean allReached = false;
            boolean help = false;
            for (int i = 0; i < words.length; i++) {
                switch (words[i]) {
                    case "--seed" -> seed = number(words, i++, Long.MIN_VALUE, Long.MAX_VALUE);
                    case "--histories" -> histories = number(words, i++, 1, Long.MAX_VALUE);
                    case "--seconds" ->
                        limit = Optional.of(Duration.ofSeconds(number(words, i++, 1, Integer.MAX_VALUE)));
                    case "--threads" -> threads = (int) number(words, i++, 1, MOST_THREADS);
                    case "--mode" -> options = options.withMode(ReplicationMode.ofLabel(value(words, i++)));
                    case "--nodes" -> options = options.withNodes((int) number(words, i++, 3, 7));
                    case "--until-broken" -> untilBroken = true;
                    case "--all-reached" -> allReached = true;
                    case "--trace" -> keeping = Trace.Keeping.EVERYTHING;
                    case "--help", "-h" -> help = true;
                    default -> throw new IllegalArgumentException("unknown argument '" + words[i] + "'");
                }
            }
            return new Arguments(seed, histories, options, keeping, threads, limit, untilBroken, allReached, help);
        }

        private static String value(String[] words, int at) {
            if (at + 1 == words.length) {
                throw new IllegalArgumentException(words[at] + " needs a value");
            }
            return words[at + 1];
        }

        private static long number(String[] words, int at, long least, long most) {
            String found = value(words, at);
            try {
                long number = Long.parseLong(found);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException none) {
                // Told below, as every other wrong value.
            }
            throw new IllegalArgumentException(
                    words[at] + " is '" + found + "': expected a whole number from " + least + " to " + most);
        }
    }
}
