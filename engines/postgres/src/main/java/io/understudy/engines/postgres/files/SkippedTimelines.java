package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.engines.postgres.files.TimelineHistory.Ancestor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a promotion take exactly the timeline id that was granted. The server takes the first id above its own for which
 * {@code pg_wal} holds no history file ({@code findNewestTimeLine} in {@code timeline.c}), so a placeholder is written for
 * every id in between. A placeholder says "timeline 1, forked at 0/1": a position before every record there is, so no
 * server can take it for its own continuation, however little log it has. (0/0 would mean "no end" and match everything.)
 *
 * <p>Two rules, each shown on real servers:
 * <ul>
 * <li>The placeholders <b>stay</b> on the winner. A follower fetches the history of every id from its own to the
 *     primary's; for one that is missing its receiver ends with an error, every time.
 * <li>A server must never <b>start</b> with a placeholder as the newest id it can count up to: with {@code
 *     recovery_target_timeline = 'latest'} it would take that as its target and end with "requested timeline N is not a
 *     child of this server's history". A winner that died before promoting, and a follower that died between fetching two
 *     files, are left like that. So {@link #clearBeforeStart} comes before every start.
 * </ul>
 */
public final class SkippedTimelines {

    /** What a placeholder gives as its reason, and how it is told from a genuine history. */
    static final String REASON = "understudy: this timeline id was granted to another node and is skipped here";

    private static final Position BEFORE_EVERY_RECORD = new Position(1);
    /** More ids than this between two promotions of one server mean that the ids come from somewhere else. */
    static final int MAX_SKIPPED = 10_000;

    private SkippedTimelines() {}

    /**
     * Writes placeholders, durably, for every id above {@code own} and below {@code granted}; existing files stay as they
     * are. To be called on the winner while its server runs as a replica, after the Grant and just before promoting. May
     * be repeated.
     *
     * @param own the timeline the winner replays
     * @return the ids for which a placeholder was written now
     * @throws DataDirectoryException when {@code granted} is already in use here: the server would take another one
     */
    public static List<TimelineId> write(Path dataDirectory, TimelineId own, TimelineId granted) throws IOException {
        int skipped = granted.number() - own.number() - 1;
        if (skipped < 0 || skipped > MAX_SKIPPED) {
            throw new IllegalArgumentException("Granted timeline " + granted + " to a server on timeline " + own
                    + ", expected one of the next " + (MAX_SKIPPED + 1));
        }
        removePlaceholder(dataDirectory, granted);
        Path taken = TimelineHistory.file(dataDirectory, granted);
        if (Files.exists(taken)) {
            throw new DataDirectoryException(taken + " exists, expected timeline " + granted
                    + " to be new to this node: somebody promoted by hand; quarantine this node and clone it again");
        }
        List<TimelineId> written = new ArrayList<>();
        for (int id = own.number() + 1; id < granted.number(); id++) {
            TimelineId timeline = new TimelineId(id);
            Path file = TimelineHistory.file(dataDirectory, timeline);
            if (!Files.exists(file)) {
                DurableFiles.write(file, placeholder(timeline).render());
                written.add(timeline);
            }
        }
        return written;
    }

    /**
     * Removes the placeholders that a server starting on {@code own} with {@code latest} would take for its target: those
     * above the newest genuine history that it can count up to. Only while the server is stopped. May be repeated; a
     * follower fetches again what it needs.
     *
     * @param own the timeline recovery starts on, see {@link ControlFile#timeline}
     * @return the ids whose placeholder was removed
     */
    public static List<TimelineId> clearBeforeStart(Path dataDirectory, TimelineId own) throws IOException {
        List<TimelineId> trailing = new ArrayList<>();
        for (TimelineId id = own.next(); Files.exists(TimelineHistory.file(dataDirectory, id)); id = id.next()) {
            if (isPlaceholder(dataDirectory, id)) {
                trailing.add(id);
            } else {
                trailing.clear();
            }
        }
        for (TimelineId id : trailing.reversed()) {
            removePlaceholder(dataDirectory, id);
        }
        return List.copyOf(trailing);
    }

    private static TimelineHistory placeholder(TimelineId timeline) {
        return new TimelineHistory(timeline, List.of(new Ancestor(TimelineId.FIRST, BEFORE_EVERY_RECORD, REASON)));
    }

    private static boolean isPlaceholder(Path dataDirectory, TimelineId timeline) throws IOException {
        return TimelineHistory.read(dataDirectory, timeline).equals(placeholder(timeline));
    }

    private static void removePlaceholder(Path dataDirectory, TimelineId timeline) throws IOException {
        Path file = TimelineHistory.file(dataDirectory, timeline);
        if (Files.exists(file) && isPlaceholder(dataDirectory, timeline)) {
            Files.delete(file);
            DurableFiles.syncDirectory(dataDirectory.resolve("pg_wal"));
        }
    }
}
