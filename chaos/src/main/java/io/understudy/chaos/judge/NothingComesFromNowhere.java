package io.understudy.chaos.judge;

import java.util.BitSet;
import java.util.List;

/** What is there was sent. */
final class NothingComesFromNowhere implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        BitSet neverSent = (BitSet) evidence.stored().ids().clone();
        neverSent.clear(1, evidence.book().last() + 1);
        return neverSent.isEmpty()
                ? List.of()
                : List.of("%d writes are there that nobody sent: %s"
                        .formatted(neverSent.cardinality(), Promise.some(neverSent)));
    }
}
