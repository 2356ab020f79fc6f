package io.understudy.chaos.judge;

import io.understudy.chaos.workload.Outcome;
import java.util.BitSet;
import java.util.List;

/** A client that was told that a write was not done was told the truth. */
final class NothingRefusedIsThere implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        BitSet misreported = misreported(evidence);
        return misreported.stream()
                .limit(10)
                .mapToObj(id -> "write %d is there, and its client was told: %s"
                        .formatted(id, evidence.book().whyRefused(id)))
                .toList();
    }

    static BitSet misreported(Evidence evidence) {
        BitSet misreported = evidence.book().ids(Outcome.REFUSED);
        misreported.and(evidence.stored().ids());
        return misreported;
    }
}
