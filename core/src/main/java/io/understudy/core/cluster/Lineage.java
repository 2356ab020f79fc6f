package io.understudy.core.cluster;

import java.util.List;
import java.util.Optional;

/** Compares the lineage of a node's data with the ledger's. */
public final class Lineage {

    private Lineage() {}

    /**
     * Where the data leaves the ledger's lineage.
     *
     * @param local the data's own lineage
     * @param position the end of its log
     * @param ledger the ledger's lineage
     * @return the entry of the ledger's lineage (or, for epochs that the ledger does not know, of the data's) at whose
     *     start the data went another way; empty when the data's whole log is part of the ledger's lineage
     */
    public static Optional<TimelineStart> fork(
            List<TimelineStart> local, Position position, List<TimelineStart> ledger) {
        int common = commonPrefix(local, ledger);
        // A later tenure may begin before an earlier one did when the earlier one's holder never got to write.
        Optional<TimelineStart> earliest = ledger.stream()
                .skip(common)
                .min((one, other) -> one.start().compareTo(other.start()))
                .filter(next -> position.isAfter(next.start()));
        if (earliest.isPresent()) {
            return earliest;
        }
        return local.stream().skip(common).findFirst().filter(unknown -> position.isAfter(unknown.start()));
    }

    private static int commonPrefix(List<TimelineStart> one, List<TimelineStart> other) {
        int length = Math.min(one.size(), other.size());
        for (int i = 0; i < length; i++) {
            if (!one.get(i).equals(other.get(i))) {
                return i;
            }
        }
        return length;
    }

    /** The epoch that wrote on {@code timeline}, empty when the lineage does not have it. */
    public static Optional<Epoch> epochOf(TimelineId timeline, List<TimelineStart> lineage) {
        return lineage.stream()
                .filter(entry -> entry.timeline().equals(timeline))
                .map(TimelineStart::epoch)
                .findFirst();
    }
}
