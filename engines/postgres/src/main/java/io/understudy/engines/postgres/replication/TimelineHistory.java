package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.Lsn;
import java.util.ArrayList;
import java.util.List;

/**
 * What a timeline descends from.
 *
 * @param timeline the timeline this is about
 * @param content the history file as it is; empty for timeline 1, which has none
 * @param ancestors its ancestors, the oldest first
 */
public record TimelineHistory(int timeline, String content, List<Ancestor> ancestors) {
    /**
     * A timeline and where it was left.
     *
     * @param end the position at which the next timeline begins
     * @param reason why, as the file says
     */
    public record Ancestor(int timeline, Lsn end, String reason) {}

    public TimelineHistory {
        ancestors = List.copyOf(ancestors);
    }

    /**
     * Reads a history file.
     *
     * @throws IllegalArgumentException when a line is not {@code timeline position reason}
     */
    public static TimelineHistory parse(int timeline, String content) {
        List<Ancestor> ancestors = new ArrayList<>();
        for (String line : content.lines().toList()) {
            String text = line.strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                ancestors.add(ancestor(timeline, text));
            }
        }
        return new TimelineHistory(timeline, content, ancestors);
    }

    private static Ancestor ancestor(int timeline, String line) {
        String[] fields = line.split("\\s+", 3);
        if (fields.length < 2) {
            throw new IllegalArgumentException(
                    "history of timeline %d has the line '%s', expected 'timeline position reason'"
                            .formatted(timeline, line));
        }
        return new Ancestor(
                Integer.parseUnsignedInt(fields[0]), Lsn.parse(fields[1]), fields.length > 2 ? fields[2] : "");
    }
}
