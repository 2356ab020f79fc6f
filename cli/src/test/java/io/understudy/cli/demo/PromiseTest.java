package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.HistoryView.ReceiptView;
import io.understudy.cli.demo.OrderBook.Verdict;
import io.understudy.core.cluster.ReplicationMode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PromiseTest {

    private static final long MOST = 1_000;

    @Test
    void semiSyncAndSyncLoseNothing() {
        for (ReplicationMode mode : List.of(ReplicationMode.SEMI_SYNC, ReplicationMode.SYNC)) {
            assertThat(new Promise(mode, MOST).broken(verdict(List.of(), 5), List.of()))
                    .isEmpty();
            assertThat(new Promise(mode, MOST).broken(verdict(List.of(4), 5), List.of(change(1, 10))))
                    .singleElement()
                    .asString()
                    .contains("1 acknowledged orders are lost");
        }
    }

    @Test
    void asyncMayLoseWhatItsReceiptSays() {
        Promise async = new Promise(ReplicationMode.ASYNC, MOST);

        assertThat(async.broken(verdict(List.of(4, 5), 0), List.of(change(2, 500))))
                .isEmpty();
        assertThat(async.broken(verdict(List.of(4, 5), 1), List.of(change(3, 500))))
                .isEmpty();
    }

    @Test
    void asyncWithoutAReceiptMayLoseNothing() {
        assertThat(new Promise(ReplicationMode.ASYNC, MOST).broken(verdict(List.of(4), 0), List.of()))
                .singleElement()
                .asString()
                .contains("the receipt says 0 transactions, expected 1 to");
    }

    @Test
    void aReceiptThatSaysTooMuchBreaksThePromiseToo() {
        assertThat(new Promise(ReplicationMode.ASYNC, MOST)
                        .broken(verdict(List.of(4), 1), List.of(change(3 + Promise.SUPERVISION_TRANSACTIONS, 500))))
                .hasSize(1);
    }

    @Test
    void aTailLongerThanMaxFailoverLagBreaksThePromise() {
        assertThat(new Promise(ReplicationMode.ASYNC, MOST)
                        .broken(verdict(List.of(4), 0), List.of(change(1, MOST + 1))))
                .singleElement()
                .asString()
                .contains("max-failover-lag is 1000");
    }

    @Test
    void duplicatesBreakEveryPromise() {
        for (ReplicationMode mode : ReplicationMode.values()) {
            Verdict twice = new Verdict(1, List.of(), List.of(1), List.of(), 0, 0);
            assertThat(new Promise(mode, MOST).broken(twice, List.of())).hasSize(1);
        }
    }

    private static Verdict verdict(List<Integer> lost, int unknownAbsent) {
        return new Verdict(100, lost, List.of(), List.of(), unknownAbsent, 0);
    }

    private static Change change(long transactions, long bytes) {
        return new Change(
                2,
                "failover",
                Optional.of("node-a"),
                Optional.of("node-b"),
                "C20 lost",
                "the lease ran out",
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.of(new ReceiptView(1, transactions, bytes, "0/1", "0/2")),
                Optional.empty());
    }
}
