package io.understudy.engines.postgres;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the server writes to its standard error, kept in one file; the file before it is kept too. */
final class ServerLog {

    private static final long LARGEST_BYTES = 64L << 20;
    private static final int TAIL_BYTES = 64 << 10;
    private static final int LINES = 4;

    private final Path file;
    private long mark;

    ServerLog(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /** Called before a start: what stands behind this mark is of the run that begins. */
    void markStart() throws IOException {
        if (Files.exists(file) && Files.size(file) > LARGEST_BYTES) {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        mark = Files.exists(file) ? Files.size(file) : 0;
    }

    /** Where the next line will stand. */
    long end() {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException unreadable) {
            return 0;
        }
    }

    /** Whether a line since {@code from}, among the last 64 KiB, has all of {@code words} in it. */
    boolean holds(List<String> words, long from) {
        try {
            return tail(from).anyMatch(line -> words.stream().allMatch(line::contains));
        } catch (IOException unreadable) {
            return false;
        }
    }

    private Stream<String> tail(long mark) throws IOException {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(mark, log.length() - TAIL_BYTES);
            byte[] tail = new byte[(int) Math.max(0, log.length() - from)];
            log.seek(from);
            log.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8).lines();
        }
    }

    /**
     * Why the run since the mark ended, in the server's own words; its last line when nothing in them is an error, because a process that
     * dies of a signal, or another program that ends in the server's place, complains in its own way. Empty when it wrote nothing.
     */
    Optional<String> complaint() {
        try {
            List<String> lines = tail(mark).filter(line -> !line.isBlank()).toList();
            List<String> complaints =
                    lines.stream().filter(ServerLog::isComplaint).toList();
            List<String> telling =
                    complaints.isEmpty() ? lines.subList(Math.max(0, lines.size() - 1), lines.size()) : complaints;
            return telling.isEmpty()
                    ? Optional.empty()
                    : Optional.of(String.join(
                            " / ", telling.subList(Math.max(0, telling.size() - LINES), telling.size())));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    private static boolean isComplaint(String line) {
        return line.contains("FATAL: ")
                || line.contains("PANIC: ")
                || line.contains("DETAIL: ")
                || line.contains("HINT: ")
                || line.contains("could not bind")
                || line.contains("was terminated by ")
                || line.startsWith("postgres: ");
    }
}
