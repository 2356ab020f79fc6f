package io.understudy.chaos.judge;

import io.understudy.core.cluster.ReplicationMode;
import java.util.BitSet;
import java.util.List;

/** In {@code semi-sync} and {@code sync} nothing; in {@code async} no more than the failovers' receipts say, where there are any. */
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
        long all = lost.cardinality() + (long) evidence.knownLost().cardinality();
        return evidence.told().filter(told -> all > told).stream()
                .map(told -> "%d acknowledged writes are not there, and receipts tell of %d lost transactions: %s"
                        .formatted(all, told, Promise.some(lost)))
                .toList();
    }
}
