package io.understudy.chaos.judge;

import io.understudy.agent.api.HistoryView.ReceiptView;
import io.understudy.core.cluster.ReplicationMode;
import java.util.BitSet;
import java.util.List;

/** In {@code semi-sync} and {@code sync} nothing; in {@code async} no more than the failovers' receipts say. */
final class NothingAcknowledgedIsLost implements Promise {

    @Override
    public List<String> broken(Evidence evidence) {
        BitSet lost = evidence.lost();
        if (lost.isEmpty()) {
            return List.of();
        }
        if (evidence.mode() != ReplicationMode.ASYNC) {
            return List.of(
                    "%d acknowledged writes are not there: %s".formatted(lost.cardinality(), Promise.some(lost)));
        }
        long told = told(evidence);
        long all = lost.cardinality() + (long) evidence.knownLost().cardinality();
        return all <= told
                ? List.of()
                : List.of("%d acknowledged writes are not there, and receipts tell of %d lost transactions: %s"
                        .formatted(all, told, Promise.some(lost)));
    }

    /** How many transactions all receipts together call lost. */
    static long told(Evidence evidence) {
        return evidence.changes().stream()
                .flatMap(change -> change.receipt().stream())
                .mapToLong(ReceiptView::transactions)
                .sum();
    }
}
