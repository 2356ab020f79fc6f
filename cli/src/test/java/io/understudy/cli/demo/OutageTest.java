package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutageTest {

    @Test
    void itIsTheLongestPauseOfAnyConnectionThatEndsAfterTheFault() {
        List<Long> quick = List.of(10L, 20L, 90L, 100L);
        List<Long> slow = List.of(15L, 25L, 140L, 150L);

        assertThat(Outage.longest(List.of(quick, slow), 30, 200)).contains(Duration.ofNanos(115));
    }

    @Test
    void aPauseBeforeTheFaultDoesNotCount() {
        assertThat(Outage.longest(List.of(List.of(10L, 300L, 310L, 330L)), 305, 400))
                .contains(Duration.ofNanos(20));
    }

    @Test
    void aPauseThatBeginsAfterTheFaultCounts() {
        assertThat(Outage.longest(List.of(List.of(10L, 20L, 30L, 500L)), 15, 600))
                .contains(Duration.ofNanos(470));
    }

    @Test
    void aConnectionThatIsNeverAnsweredAgainIsOutUntilTheEnd() {
        assertThat(Outage.longest(List.of(List.of(10L, 20L)), 30, 1_000)).contains(Duration.ofNanos(980));
    }

    @Test
    void withoutAnyAnswerThereIsNoFigure() {
        assertThat(Outage.longest(List.of(List.of()), 30, 1_000)).isEmpty();
    }
}
