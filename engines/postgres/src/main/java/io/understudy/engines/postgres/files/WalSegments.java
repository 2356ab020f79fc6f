package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files of a log in {@code pg_wal}.
 *
 * @param bytes size of one
 */
public record WalSegments(int bytes) {

    /** Of the database that {@code control} describes. */
    public static WalSegments of(ControlFile control) {
        return new WalSegments(control.segmentBytes());
    }

    /** The number of the file that holds the byte before {@code end}. */
    public long before(Position end) {
        return (end.value() - 1) / bytes;
    }

    /** The number of the file that {@code position} lies in. */
    public long of(Position position) {
        return position.value() / bytes;
    }

    /** Named as {@code XLogFileName} does: timeline, then the file's number in two halves. */
    public String name(TimelineId timeline, long segment) {
        long perHigh = 0x1_0000_0000L / bytes;
        return "%08X%08X%08X".formatted(timeline.number(), segment / perHigh, segment % perHigh);
    }

    /**
     * The files that recovery reads on its way to {@code timeline}: of each stretch the one of the newest timeline in its
     * history, as the server chooses.
     *
     * @param dataDirectory holds the history of {@code timeline}
     * @param from where recovery begins
     * @param end up to where it must get
     */
    public List<String> needed(Path dataDirectory, TimelineId timeline, Position from, Position end)
            throws IOException {
        List<TimelineHistory.Branch> branches =
                TimelineHistory.read(dataDirectory, timeline).newestFirst();
        List<String> names = new ArrayList<>();
        for (long segment = of(from); segment <= before(end); segment++) {
            Position start = new Position(segment * bytes);
            Position next = new Position((segment + 1) * bytes);
            Optional<TimelineHistory.Branch> newest = branches.stream()
                    .filter(branch -> next.isAfter(branch.begin())
                            && branch.end().map(to -> to.isAfter(start)).orElse(true))
                    .findFirst();
            names.add(name(newest.map(TimelineHistory.Branch::timeline).orElse(timeline), segment));
        }
        return names;
    }
}
