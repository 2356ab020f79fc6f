package io.understudy.core.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineageTest {

    private static final TimelineStart GENESIS = TimelineStart.GENESIS;
    private static final TimelineStart ONE = start(1, 100);
    private static final TimelineStart TWO = start(2, 200);

    @Test
    void dataThatEndsBeforeTheNextEpochBeganIsPartOfTheLineage() {
        assertThat(Lineage.fork(List.of(GENESIS, ONE), new Position(200), List.of(GENESIS, ONE, TWO)))
                .isEmpty();
    }

    @Test
    void dataThatGoesOnPastTheNextEpochsBeginningForkedThere() {
        assertThat(Lineage.fork(List.of(GENESIS, ONE), new Position(201), List.of(GENESIS, ONE, TWO)))
                .contains(TWO);
    }

    @Test
    void aLaterEpochThatBeganEarlierThanOneThatNeverWroteDecides() {
        TimelineStart neverWrote = start(2, 200);
        TimelineStart later = start(3, 150);

        assertThat(Lineage.fork(List.of(GENESIS, ONE), new Position(180), List.of(GENESIS, ONE, neverWrote, later)))
                .contains(later);
    }

    @Test
    void epochsThatTheLedgerDoesNotKnowAreAForkOnceAnythingWasWrittenInThem() {
        TimelineStart unknown = start(9, 300);

        assertThat(Lineage.fork(List.of(GENESIS, ONE, unknown), new Position(300), List.of(GENESIS, ONE)))
                .isEmpty();
        assertThat(Lineage.fork(List.of(GENESIS, ONE, unknown), new Position(301), List.of(GENESIS, ONE)))
                .contains(unknown);
    }

    @Test
    void theSameLineageNeverForks() {
        assertThat(Lineage.fork(List.of(GENESIS, ONE), new Position(1L << 40), List.of(GENESIS, ONE)))
                .isEmpty();
    }

    private static TimelineStart start(int epoch, long position) {
        return new TimelineStart(new Epoch(epoch), new TimelineId(epoch + 1), new Position(position));
    }
}
