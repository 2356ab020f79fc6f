package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From which timelines a timeline descends, as {@code NNNNNNNN.history} says it: a line for each ancestor, oldest first,
 * with the position at which the next one forked off. Timeline 1 has no file and no ancestors. Written after
 * {@code access/transam/timeline.c}.
 *
 * @param timeline whose history it is
 * @param ancestors oldest first, their ids rising
 */
public record TimelineHistory(TimelineId timeline, List<Ancestor> ancestors) {

    /**
     * One line of the file.
     *
     * @param end where the next timeline forked off: the log of {@code timeline} counts up to here, exclusive
     * @param reason free text, one line
     */
    public record Ancestor(TimelineId timeline, Position end, String reason) {}

    private static final long MAX_FILE_BYTES = 1 << 20;
    private static final Pattern LINE = Pattern.compile("\\s*(\\d+)\\s+([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})\\s*(.*)");

    public TimelineHistory {
        ancestors = List.copyOf(ancestors);
        int previous = 0;
        for (Ancestor ancestor : ancestors) {
            if (ancestor.timeline.number() <= previous || ancestor.timeline.number() >= timeline.number()) {
                throw new IllegalArgumentException("The history of timeline " + timeline + " names timeline "
                        + ancestor.timeline + " after " + previous + ", expected rising ids below " + timeline);
            }
            previous = ancestor.timeline.number();
        }
    }

    /** The file's name, e.g. {@code 0000000A.history}. */
    public static String fileName(TimelineId timeline) {
        return "%08X.history".formatted(timeline.number());
    }

    /**
     * Reads the history of {@code timeline} from {@code pg_wal}. A missing file means "no ancestors", as it does for the
     * server.
     *
     * @throws DataDirectoryException when the file cannot be understood
     */
    public static TimelineHistory read(Path dataDirectory, TimelineId timeline) throws IOException {
        Path file = file(dataDirectory, timeline);
        if (!Files.isRegularFile(file)) {
            return new TimelineHistory(timeline, List.of());
        }
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new DataDirectoryException(file + " has " + Files.size(file) + " bytes, expected at most "
                    + MAX_FILE_BYTES + "; it is no timeline history: restore it from another node");
        }
        try {
            return parse(timeline, Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new DataDirectoryException(file + ": " + e.getMessage() + "; restore it from another node", e);
        }
    }

    static Path file(Path dataDirectory, TimelineId timeline) {
        return dataDirectory.resolve("pg_wal").resolve(fileName(timeline));
    }

    /**
     * Understands the contents of a history file.
     *
     * @throws IllegalArgumentException naming the line that was not understood
     */
    public static TimelineHistory parse(TimelineId timeline, String contents) {
        List<Ancestor> ancestors = new ArrayList<>();
        for (String line : contents.lines().toList()) {
            if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                ancestors.add(parseLine(line));
            }
        }
        return new TimelineHistory(timeline, ancestors);
    }

    private static Ancestor parseLine(String line) {
        Matcher match = LINE.matcher(line);
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "Found the line '" + line + "', expected a timeline id, a position like 0/1A2B3C4D and a reason");
        }
        long position = Long.parseLong(match.group(2), 16) << 32 | Long.parseLong(match.group(3), 16);
        return new Ancestor(
                new TimelineId(Integer.parseInt(match.group(1))),
                new Position(position),
                match.group(4).strip());
    }

    /** The contents of the file, byte for byte as the server writes it, one line an ancestor and nothing before them. */
    public String render() {
        StringBuilder text = new StringBuilder();
        for (Ancestor ancestor : ancestors) {
            text.append(String.format(
                    Locale.ROOT, "%d\t%s\t%s%n", ancestor.timeline.number(), ancestor.end, ancestor.reason));
        }
        return text.toString().replace("\r\n", "\n");
    }

    /** Whether {@code other} is this timeline or one it descends from. */
    public boolean includes(TimelineId other) {
        return other.equals(timeline) || ancestors.stream().anyMatch(a -> a.timeline.equals(other));
    }

    /** Where the log of {@code other} ends in this history; empty for this timeline itself and for strangers. */
    public Optional<Position> endOf(TimelineId other) {
        return ancestors.stream()
                .filter(a -> a.timeline.equals(other))
                .map(Ancestor::end)
                .findFirst();
    }

    /** This timeline and its ancestors, newest first, each with where it begins in this history. */
    List<Branch> newestFirst() {
        List<Branch> branches = new ArrayList<>();
        Position begin = Position.START;
        for (Ancestor ancestor : ancestors) {
            branches.addFirst(new Branch(ancestor.timeline, begin, Optional.of(ancestor.end)));
            begin = ancestor.end;
        }
        branches.addFirst(new Branch(timeline, begin, Optional.empty()));
        return branches;
    }

    /** A stretch of the log: from {@code begin} up to {@code end}, or without an end on the newest. */
    record Branch(TimelineId timeline, Position begin, Optional<Position> end) {}
}
