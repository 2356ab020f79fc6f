package io.understudy.chaos.steps;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.steps.TrialResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResultFileTest {

    private static final CrashPoint POINT =
            new CrashPoint("failover", "survivor", Moment.after("Promote"), 1, Kill.AGENT);

    @TempDir
    Path directory = Path.of("");

    @Test
    void aRunThatIsResumedPassesOverWhatHealed() throws IOException {
        Optional<Path> file = Optional.of(directory.resolve("results.json"));
        ResultFile first = ResultFile.open(file, false);
        first.add(result(Outcome.BROKEN, 2));
        assertThat(first.isIncomplete()).isTrue();
        assertThat(first.summary(Duration.ofMinutes(3)))
                .startsWith("1 crashes: 0 healed, 1 broken, 0 not reached; 7 orders acknowledged, 2 lost;");

        ResultFile again = ResultFile.open(file, true);
        assertThat(again.holds(POINT)).isFalse();
        again.add(result(Outcome.HEALED, 0));

        ResultFile resumed = ResultFile.open(file, true);

        assertThat(resumed.holds(POINT)).isTrue();
        assertThat(resumed.holds(new CrashPoint("failover", "survivor", Moment.after("Promote"), 2, Kill.AGENT)))
                .isFalse();
        assertThat(resumed.holds(new CrashPoint("failover", "survivor", Moment.after("Promote"), 1, Kill.NODE)))
                .isFalse();
        assertThat(resumed.isIncomplete()).isFalse();
        assertThat(resumed.summary(Duration.ofMinutes(3)))
                .startsWith("1 crashes: 1 healed, 0 broken, 0 not reached; 7 orders acknowledged, 0 lost;");
    }

    @Test
    void aCrashPointThatNobodyCameToIsNoSuccess() throws IOException {
        ResultFile results = ResultFile.open(Optional.empty(), false);
        results.add(result(Outcome.NOT_REACHED, 0));
        assertThat(results.isIncomplete()).isTrue();
    }

    @Test
    void withoutResumingTheFileBeginsAnew() throws IOException {
        Optional<Path> file = Optional.of(directory.resolve("results.json"));
        ResultFile.open(file, false).add(result(Outcome.HEALED, 0));

        assertThat(ResultFile.open(file, false).holds(POINT)).isFalse();
    }

    private static TrialResult result(Outcome outcome, int lost) {
        return new TrialResult(
                POINT.scenario(),
                POINT.role(),
                POINT.moment().step(),
                POINT.moment().place(),
                POINT.time(),
                POINT.kill().toString(),
                Optional.of("node-b"),
                outcome,
                Optional.of(900L),
                Optional.empty(),
                7,
                lost,
                List.of("acknowledged and not there"),
                Optional.empty());
    }
}
