package io.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulationTest {

    /** More with {@code -Dsimulation.histories=}; any number through {@link SimulationMain}. */
    private static final long HISTORIES = Long.getLong("simulation.histories", 3_000);

    private static final long FIRST_SEED = Long.getLong("simulation.seed", 1);

    @Test
    void promisesHoldInThousandsOfHistories() {
        List<Outcome> outcomes = LongStream.range(FIRST_SEED, FIRST_SEED + HISTORIES)
                .parallel()
                .mapToObj(seed -> Simulation.run(seed, Options.DEFAULT))
                .toList();
        Totals totals = new Totals();
        outcomes.forEach(totals::add);
        assertThat(outcomes.stream()
                        .filter(outcome -> !outcome.violations().isEmpty())
                        .limit(3)
                        .map(outcome -> Shrinking.shrink(outcome, Options.DEFAULT, new Decisions())
                                .describe(outcome))
                        .toList())
                .as("run SimulationMain --seed N --trace to see all of a history")
                .isEmpty();
        assertThat(totals.changes()).as("changes of primary").isGreaterThan(HISTORIES * 2);
        assertThat(totals.neverReached())
                .as("rules that never decided, and steps around which no agent crashed")
                .isEmpty();
    }

    @Test
    void theSameSeedGivesTheSameHistory() {
        Outcome one = Simulation.run(4_711, Options.DEFAULT);
        Outcome other = Simulation.run(4_711, Options.DEFAULT);
        assertThat(one.hash()).isEqualTo(other.hash());
        assertThat(Simulation.run(4_712, Options.DEFAULT).hash()).isNotEqualTo(one.hash());
    }

    @Test
    void aTracedHistoryIsTheSameHistory() throws InterruptedException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        int status = SimulationMain.run(
                new String[] {"--seed", "4711", "--trace"}, new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("C40 grant")
                .contains("hash "
                        + Long.toHexString(
                                Simulation.run(4_711, Options.DEFAULT).hash()));
        assertThat(status).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "--sed 1,'--sed'",
        "--seed x,'x'",
        "--histories 0,'0'",
        "--nodes 9,3 to 7",
        "--mode fast,fast",
        "'--keep-faults s3,x1','x1'",
        "--fault-seconds 0,'0'",
        "--seed,needs a value"
    })
    void aWrongArgumentIsNamed(String words, String named) throws InterruptedException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        int status = SimulationMain.run(words.split(" "), new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertThat(status).isEqualTo(2);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains(named).contains("usage:");
    }
}
