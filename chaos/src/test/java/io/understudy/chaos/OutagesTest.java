package io.understudy.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.report.ChaosReport.OutageSpan;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutagesTest {

    @Test
    void aTimeWithoutAnAcknowledgementIsAnOutageWhenItIsLong() {
        assertThat(Outages.of(new long[] {0, 100, 1_100, 1_200}, List.of()))
                .containsExactly(new OutageSpan(100, 1_100));
    }

    @Test
    void timesInWhichNothingWasSentOnPurposeAreNone() {
        assertThat(Outages.of(new long[] {0, 2_000}, List.of(new OutageSpan(50, 1_950))))
                .isEmpty();
        assertThat(Outages.of(new long[] {0, 3_000}, List.of(new OutageSpan(1_000, 1_500))))
                .containsExactly(new OutageSpan(0, 1_000), new OutageSpan(1_500, 3_000));
    }

    @Test
    void theLongestBeginsBeforeTheFaultWithTheLastAcknowledgement() {
        assertThat(Outages.longest(new long[] {90, 700, 720, 5_000}, 100, 1_000))
                .contains(610L);
        assertThat(Outages.longest(new long[] {90}, 100, 1_000)).isEmpty();
    }
}
