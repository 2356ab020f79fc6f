package io.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimulationTest {

    /** More with {@code -Dsimulation.histories=}; any number through {@link SimulationMain}. */
    private static final long HISTORIES = Long.getLong("simulation.histories", 3_000);

    /** A step taken so often met a crash on both sides. */
    private static final long OFTEN = 1_000;

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
                        .map(Outcome::describe)
                        .toList())
                .as("run SimulationMain --seed N --trace to see all of a history")
                .isEmpty();
        assertThat(totals.changes()).as("changes of primary").isGreaterThan(HISTORIES * 2);
        assertThat(totals.silentRules())
                .as("rules that never decided; those listed guard against what the other rules make impossible here")
                .isSubsetOf(
                        "R21 promised-later",
                        "R41 await-replay",
                        "R42 not-at-boundary",
                        "C23 revoke-grant-stalled",
                        "C51 turn-back-in-sync");
        assertThat(totals.steps().entrySet().stream()
                        .filter(step -> step.getValue() >= OFTEN)
                        .map(Map.Entry::getKey))
                .as("every step that is taken often has its agent crashing before and after it")
                .allSatisfy(step -> assertThat(totals.crashes().keySet()).contains(step + " before", step + " after"));
    }

    @Test
    void theSameSeedGivesTheSameHistory() {
        Outcome one = Simulation.run(4_711, Options.DEFAULT);
        Outcome other = Simulation.run(4_711, Options.DEFAULT);
        assertThat(one.hash()).isEqualTo(other.hash());
        assertThat(Simulation.run(4_712, Options.DEFAULT).hash()).isNotEqualTo(one.hash());
    }

    @Test
    void aTracedHistoryIsTheSameHistory() {
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

    @Test
    void anUnknownArgumentIsNamed() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        int status =
                SimulationMain.run(new String[] {"--sed", "1"}, new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertThat(status).isEqualTo(2);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("'--sed'");
    }
}
