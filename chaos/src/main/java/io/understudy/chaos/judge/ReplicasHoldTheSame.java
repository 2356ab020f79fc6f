package io.understudy.chaos.judge;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** Every replica that has caught up holds what the primary holds. */
final class ReplicasHoldTheSame implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        return evidence.replicas().entrySet().stream()
                .filter(replica -> !replica.getValue().isSameAs(evidence.stored()))
                .map(replica -> difference(replica, evidence.stored()))
                .toList();
    }

    private static String difference(Map.Entry<String, Stored> replica, Stored primary) {
        BitSet missing = (BitSet) primary.ids().clone();
        missing.andNot(replica.getValue().ids());
        BitSet more = (BitSet) replica.getValue().ids().clone();
        more.andNot(primary.ids());
        return "%s does not hold what the primary holds: %d writes are missing (%s), %d are there that are not on the primary (%s)"
                .formatted(
                        replica.getKey(),
                        missing.cardinality(),
                        Promise.some(missing),
                        more.cardinality(),
                        Promise.some(more));
    }
}
