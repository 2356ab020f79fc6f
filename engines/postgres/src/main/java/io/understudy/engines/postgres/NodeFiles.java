package io.understudy.engines.postgres;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a node keeps about its data, outside of it: small files, each replaced whole and synced before anybody is told.
 * Read once and held in memory; owned by the engine's thread.
 */
final class NodeFiles {

    private final Path directory;
    private Epoch promised;
    private List<TimelineStart> lineage;
    private Position highest;
    private Role role;

    private NodeFiles(Path directory, Epoch promised, List<TimelineStart> lineage, Position highest, Role role) {
        this.directory = directory;
        this.promised = promised;
        this.lineage = lineage;
        this.highest = highest;
        this.role = role;
    }

    /** What the server was last told to be; written before it is told. */
    enum Role {
        /** Initialised and not told to be anything. */
        FRESH,
        REPLICA,
        PRIMARY
    }

    static NodeFiles open(Path directory) throws IOException {
        Files.createDirectories(directory);
        return new NodeFiles(
                directory,
                new Epoch(number(directory, "promise")),
                lines(directory, "lineage").stream().map(NodeFiles::parseStart).toList(),
                new Position(number(directory, "highest-position")),
                lines(directory, "role").stream().findFirst().map(Role::valueOf).orElse(Role.FRESH));
    }

    Epoch promised() {
        return promised;
    }

    List<TimelineStart> lineage() {
        return lineage;
    }

    Position highest() {
        return highest;
    }

    Role role() {
        return role;
    }

    /** Promises {@code epoch}; a promise is never lowered. */
    void promise(Epoch epoch) throws IOException {
        if (promised.isBefore(epoch)) {
            write("promise", Long.toString(epoch.number()));
            promised = epoch;
        }
    }

    /**
     * Durably notes that this data is no part of the cluster's log any more, by an entry that no ledger has: it is kept, and copied
     * anew.
     *
     * @param timeline that was written instead
     */
    void leaveLineage(TimelineId timeline) throws IOException {
        List<TimelineStart> marked = new ArrayList<>(lineage);
        marked.add(new TimelineStart(
                lineage.isEmpty() ? promised : lineage.getLast().epoch(), timeline, Position.START));
        lineage(marked);
    }

    void lineage(List<TimelineStart> next) throws IOException {
        if (!lineage.equals(next)) {
            write("lineage", next.stream().map(NodeFiles::render).collect(Collectors.joining("\n")));
            lineage = List.copyOf(next);
        }
    }

    /** Raises what was reported; lowered only for a new life of the data. */
    void raiseHighest(Position position) throws IOException {
        if (position.isAfter(highest)) {
            highest(position);
        }
    }

    void highest(Position position) throws IOException {
        write("highest-position", Long.toString(position.value()));
        highest = position;
    }

    void role(Role next) throws IOException {
        if (role != next) {
            write("role", next.name());
            role = next;
        }
    }

    private void write(String name, String content) throws IOException {
        DurableFiles.write(directory.resolve(name), content + "\n");
    }

    private static String render(TimelineStart start) {
        return start.epoch().number() + " " + start.timeline().number() + " "
                + start.start().value();
    }

    private static TimelineStart parseStart(String line) {
        String[] fields = line.split(" ", -1);
        return new TimelineStart(
                new Epoch(Long.parseLong(fields[0])),
                new TimelineId(Integer.parseInt(fields[1])),
                new Position(Long.parseLong(fields[2])));
    }

    private static long number(Path directory, String name) throws IOException {
        return lines(directory, name).stream().findFirst().map(Long::parseLong).orElse(0L);
    }

    private static List<String> lines(Path directory, String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file)
                ? Files.readAllLines(file).stream()
                        .filter(line -> !line.isBlank())
                        .toList()
                : List.of();
    }
}
