package io.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ReplicationMode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A history that breaks a promise is made small, and the small one can be played again. */
class ShrinkingTest {

    private static final Options SEMI_SYNC = Options.DEFAULT.withMode(ReplicationMode.SEMI_SYNC);

    private static final Decisions A_SEAL_THAT_DOES_NOT_END_THE_RECEIVER = new Decisions() {
        @Override
        SealKind sealing() {
            return SealKind.ONLY_LOOKS_LIKE_IT;
        }
    };

    private static Outcome play(long seed, Options options) {
        return Simulation.run(seed, options, A_SEAL_THAT_DOES_NOT_END_THE_RECEIVER, Trace.Keeping.LAST_EVENTS);
    }

    private static Outcome broken() {
        return LongStream.rangeClosed(1, 1000)
                .mapToObj(seed -> play(seed, SEMI_SYNC))
                .filter(outcome -> outcome.brokenPromise().isPresent())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aShrunkHistoryBreaksTheSamePromiseWithFewerFaults() {
        Outcome found = broken();
        Shrinking.Shrunk shrunk = Shrinking.shrink(found, SEMI_SYNC, A_SEAL_THAT_DOES_NOT_END_THE_RECEIVER);

        assertThat(shrunk.outcome().brokenPromise()).isEqualTo(found.brokenPromise());
        assertThat(shrunk.outcome().faults()).hasSizeLessThan(found.faults().size());
        assertThat(shrunk.outcome().nodes()).isLessThanOrEqualTo(found.nodes());
        assertThat(shrunk.tries()).isLessThanOrEqualTo(Shrinking.TRIES);
    }

    @Test
    void aShrunkHistoryPlaysAgainFromItsArguments() throws InterruptedException {
        Outcome found = broken();
        Shrinking.Shrunk shrunk = Shrinking.shrink(found, SEMI_SYNC, A_SEAL_THAT_DOES_NOT_END_THE_RECEIVER);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();

        int status = SimulationMain.run(
                shrunk.arguments().split(" "),
                A_SEAL_THAT_DOES_NOT_END_THE_RECEIVER,
                new PrintStream(printed, true, StandardCharsets.UTF_8));

        assertThat(status).isEqualTo(1);
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("hash " + Long.toHexString(shrunk.outcome().hash()))
                .contains(shrunk.outcome().violations().getFirst());
        assertThat(shrunk.describe(found)).contains(shrunk.arguments()).contains("VIOLATION");
    }

    @Test
    void aHistoryWithAllItsFaultsKeptByNameIsTheSame() {
        for (long seed = 1; seed <= 10; seed++) {
            Outcome all = Simulation.run(seed, Options.DEFAULT);
            assertThat(Simulation.run(seed, Options.DEFAULT.keeping(all.faults()))
                            .hash())
                    .isEqualTo(all.hash());
        }
    }

    @Test
    void aFaultThatIsLeftOutLeavesTheOthersAsTheyWere() {
        for (long seed = 1; seed <= 10; seed++) {
            Outcome all = Simulation.run(seed, Options.DEFAULT);
            List<String> strikes =
                    all.faults().stream().filter(name -> name.startsWith("s")).toList();
            List<String> others = strikes.subList(1, strikes.size());

            assertThat(Simulation.run(seed, Options.DEFAULT.keeping(others)).faults())
                    .as("the strikes of seed %d without the first", seed)
                    .isEqualTo(others);
        }
    }

    @Test
    void aHistoryWithoutFaultsHasNone() {
        Outcome quiet = Simulation.run(1, Options.DEFAULT.keeping(List.of()));

        assertThat(quiet.faults()).isEmpty();
        assertThat(quiet.violations()).isEmpty();
        assertThat(quiet.changes()).isEqualTo(1);
    }
}
