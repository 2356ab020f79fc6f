package io.understudy.core.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProvedLineageTest {

    private static final TimelineStart ONE = start(1);
    private static final TimelineStart TWO = start(2);
    private static final TimelineStart THREE = start(3);
    private static final List<TimelineStart> LEDGER = List.of(TimelineStart.GENESIS, ONE, TWO, THREE);

    private static TimelineStart start(int epoch) {
        return new TimelineStart(new Epoch(epoch), new TimelineId(epoch + 1), new Position(epoch * 100L));
    }

    @Test
    void aReceiverThatReconnectedByItselfProvesTheTenureItReceived() {
        assertThat(Lineage.proved(List.of(TimelineStart.GENESIS, ONE), TWO.timeline(), LEDGER))
                .containsExactly(TimelineStart.GENESIS, ONE, TWO);
    }

    @Test
    void aLogThatEndsInItsStoredLineageProvesNothingMore() {
        List<TimelineStart> stored = List.of(TimelineStart.GENESIS, ONE);
        assertThat(Lineage.proved(stored, ONE.timeline(), LEDGER)).isEqualTo(stored);
    }

    @Test
    void aStoredLineageThatWentAnotherWayIsNotMended() {
        List<TimelineStart> other =
                List.of(TimelineStart.GENESIS, new TimelineStart(new Epoch(1), new TimelineId(2), new Position(90)));
        assertThat(Lineage.proved(other, TWO.timeline(), LEDGER)).isEqualTo(other);
    }
}
