package io.understudy.engines.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Whether a server has room left for what it must write. */
final class DiskSpace {

    /** A server writes its log in files of this size, each made whole before it is used. */
    static final long SEGMENT_BYTES = 16L << 20;

    /** What the smallest of the other files need: the server's own notes, a page of a table. */
    private static final long NOTES_BYTES = 1L << 20;

    private DiskSpace() {}

    /** What is full, with how much is left and what to do; empty while there is room, or when it cannot be told. */
    static Optional<String> shortage(Path data) {
        return shortage(data.resolve("pg_wal"), SEGMENT_BYTES).or(() -> shortage(data, NOTES_BYTES));
    }

    private static Optional<String> shortage(Path place, long neededBytes) {
        // Without a look at the list of mounts, which the other way to ask takes: this is asked several times a second.
        long usable = place.toFile().getUsableSpace();
        return usable >= neededBytes || !Files.exists(place)
                ? Optional.empty()
                : Optional.of("The disk under " + place + " is full: " + usable + " bytes are left, expected at least "
                        + neededBytes + ". Free or add space; it goes on by itself then.");
    }
}
