package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import java.time.Duration;
import java.util.Optional;

/** What was asked for; what is left out has its default. */
record Arguments(
        long seed,
        long histories,
        Options options,
        Trace.Keeping keeping,
        int threads,
        Optional<Duration> limit,
        boolean untilBroken,
        boolean allReached,
        boolean shrinking,
        boolean help) {

    private static final int MOST_THREADS = 256;
    private static final int LONGEST_FAULTS = 3_600;

    static final String USAGE = """
            usage: SimulationMain [options]
              --seed N           the first seed (1)
              --histories M      how many seeds from there (1)
              --seconds S        begin no history later than this; a run of hours is --histories 1000000000 --seconds 7200
              --threads T        how many at a time (1)
              --mode MODE        async, semi-sync or sync; any when left out
              --nodes N          3 to 7; any when left out
              --fault-seconds S  how long things go wrong, in virtual time (45)
              --keep-faults F    these faults only, by name, comma separated; none for none
              --turn N           another history with the same faults (0)
              --until-broken     stop at the first broken promise
              --all-reached      fail when a rule never decided, or no agent crashed before or after a step that was begun
              --no-shrink        print a history that broke a promise as it was found
              --trace            print everything that happened
            A seed always gives the same history; --seed N --trace plays one again. A history that broke a promise is made smaller and
            printed with the arguments that play the small one again.""";

    static Arguments parse(String[] words) {
        long seed = 1;
        long histories = 1;
        Options options = Options.DEFAULT;
        Trace.Keeping keeping = Trace.Keeping.LAST_EVENTS;
        int threads = 1;
        Optional<Duration> limit = Optional.empty();
        boolean untilBroken = false;
        boolean allReached = false;
        boolean shrinking = true;
        boolean help = false;
        for (int i = 0; i < words.length; i++) {
            switch (words[i]) {
                case "--seed" -> seed = number(words, i++, Long.MIN_VALUE, Long.MAX_VALUE);
                case "--histories" -> histories = number(words, i++, 1, Long.MAX_VALUE);
                case "--seconds" -> limit = Optional.of(Duration.ofSeconds(number(words, i++, 1, Integer.MAX_VALUE)));
                case "--threads" -> threads = (int) number(words, i++, 1, MOST_THREADS);
                case "--mode" -> options = options.withMode(ReplicationMode.ofLabel(value(words, i++)));
                case "--nodes" -> options = options.withNodes((int) number(words, i++, 3, 7));
                case "--fault-seconds" ->
                    options = options.withFaultsFor(Duration.ofSeconds(number(words, i++, 1, LONGEST_FAULTS)));
                case "--keep-faults" -> {
                    options = options.keeping(FaultSchedule.names(value(words, i++)));
                    shrinking = false;
                }
                case "--no-shrink" -> shrinking = false;
                case "--turn" -> options = options.withTurn((int) number(words, i++, 0, Integer.MAX_VALUE));
                case "--until-broken" -> untilBroken = true;
                case "--all-reached" -> allReached = true;
                case "--trace" -> keeping = Trace.Keeping.EVERYTHING;
                case "--help", "-h" -> help = true;
                default -> throw new IllegalArgumentException("unknown argument '" + words[i] + "'");
            }
        }
        return new Arguments(
                seed, histories, options, keeping, threads, limit, untilBroken, allReached, shrinking, help);
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
