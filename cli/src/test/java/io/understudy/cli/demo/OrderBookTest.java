package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.cli.demo.OrderBook.Stored;
import io.understudy.cli.demo.OrderBook.Verdict;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OrderBookTest {

    private final OrderBook book = new OrderBook();

    @Test
    void everyIdIsSentOnce() {
        assertThat(List.of(book.send(), book.send(), book.send())).containsExactly(1, 2, 3);
    }

    @Test
    void whatWasAcknowledgedAndIsNotThereIsLost() {
        acknowledge(1, 2, 3);

        Verdict verdict = book.compare(stored(1, 3));

        assertThat(verdict.acknowledged()).isEqualTo(3);
        assertThat(verdict.lost()).containsExactly(2);
    }

    @Test
    void anUnansweredOrderMayBeThereOrNot() {
        acknowledge(1);
        book.send();
        book.send();

        Verdict verdict = book.compare(stored(1, 3));

        assertThat(verdict.lost()).isEmpty();
        assertThat(verdict.unknown()).isEqualTo(2);
        assertThat(verdict.unknownPresent()).isEqualTo(1);
        assertThat(verdict.unknownAbsent()).isEqualTo(1);
    }

    @Test
    void anOrderOfAnEarlierRoundIsLookedForAgainAndCountedLostOnce() {
        acknowledge(1, 2);
        assertThat(book.compare(stored(1, 2)).lost()).isEmpty();
        book.beginRound();
        acknowledge(3);
        assertThat(book.compare(stored(1, 3)).lost()).containsExactly(2);
        book.beginRound();
        acknowledge(4);

        Verdict verdict = book.compare(stored(1, 3, 4));

        assertThat(verdict.lost()).isEmpty();
        assertThat(verdict.acknowledged()).isEqualTo(1);
    }

    @Test
    void whatIsThereTwiceOrWasNeverSentIsNamed() {
        acknowledge(1);
        BitSet ids = new BitSet();
        ids.set(1);
        ids.set(7);

        Verdict verdict = book.compare(new Stored(ids, List.of(1)));

        assertThat(verdict.duplicated()).containsExactly(1);
        assertThat(verdict.neverSent()).containsExactly(7);
    }

    @Test
    void anOrderIsNotAcknowledgedTwiceNorBeforeItWasSent() {
        acknowledge(1);

        assertThatThrownBy(() -> book.acknowledged(1, 1, 5)).hasMessageContaining("acknowledged twice");
        assertThatThrownBy(() -> book.acknowledged(1, 2, 5)).hasMessageContaining("never sent");
    }

    @Test
    void writersAreCountedByTheirLastAnswer() {
        book.send();
        book.send();
        book.acknowledged(1, 1, 100);
        book.acknowledged(2, 2, 200);

        assertThat(book.writersAnsweredSince(150)).isEqualTo(1);
        assertThat(book.writersAnsweredSince(100)).isEqualTo(2);
    }

    private void acknowledge(int... ids) {
        for (int id : ids) {
            assertThat(book.send()).isEqualTo(id);
            book.acknowledged(1, id, id);
        }
    }

    private static Stored stored(int... ids) {
        BitSet set = new BitSet();
        for (int id : ids) {
            set.set(id);
        }
        return new Stored(set, List.of());
    }
}
