package io.understudy.chaos.judge;

import io.understudy.core.cluster.ReplicationMode;
import java.util.BitSet;
import java.util.List;

/** In {@code semi-sync} and {@code sync}, what an open primary and every replica held, acknowledged or not, is there the next time. */
final class WhatWasReadBackStays implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        BitSet missing = (BitSet) evidence.before().clone();
        missing.andNot(evidence.stored().ids());
        return missing.isEmpty() || evidence.mode() == ReplicationMode.ASYNC
                ? List.of()
                : List.of("%d writes were there when all was whole, and are not any more: %s"
                        .formatted(missing.cardinality(), Promise.some(missing)));
    }
}
