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
        Optional<TimelineStart> earliest = earliest(ledger.subList(common, ledger.size()));
        if (earliest.isPresent() && position.isAfter(earliest.get().start())) {
            return earliest;
        }
        return common < local.size() && position.isAfter(local.get(common).start())
                ? Optional.of(local.get(common))
                : Optional.empty();
    }

    /** The one that starts first, of several that do the first in the list. */
    private static Optional<TimelineStart> earliest(List<TimelineStart> entries) {
        Optional<TimelineStart> earliest = Optional.empty();
        for (TimelineStart entry : entries) {
            if (earliest.isEmpty() || earliest.get().start().isAfter(entry.start())) {
                earliest = Optional.of(entry);
            }
        }
        return earliest;
    }

    /**
     * The data's lineage as its own log proves it. A receiver that reconnects by itself can be ahead of the stored
     * lineage: what it received then is of a timeline that the ledger gave to one tenure only, so the data holds the
     * ledger's lineage up to that tenure.
     *
     * @param stored the lineage kept beside the data
     * @param timeline of the last log record
     * @param ledger the ledger's lineage
     */
    public static List<TimelineStart> proved(
            List<TimelineStart> stored, TimelineId timeline, List<TimelineStart> ledger) {
        if (epochOf(timeline, stored).isPresent() || commonPrefix(stored, ledger) < stored.size()) {
            return stored;
        }
        for (int i = stored.size(); i < ledger.size(); i++) {
            if (ledger.get(i).timeline().equals(timeline)) {
                return ledger.subList(0, i + 1);
            }
        }
        return stored;
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
        for (TimelineStart entry : lineage) {
            if (entry.timeline().equals(timeline)) {
                return Optional.of(entry.epoch());
            }
        }
        return Optional.empty();
    }
}
