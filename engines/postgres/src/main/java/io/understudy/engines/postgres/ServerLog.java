package io.understudy.engines.postgres;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

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

    /** Why the run since the mark ended, in the server's own words; empty when it did not say. */
    Optional<String> complaint() {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(mark, log.length() - TAIL_BYTES);
            byte[] tail = new byte[(int) Math.max(0, log.length() - from)];
            log.seek(from);
            log.readFully(tail);
            List<String> fatal = new String(tail, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.contains("FATAL: ")
                            || line.contains("PANIC: ")
                            || line.contains("DETAIL: ")
                            || line.contains("could not bind")
                            || line.contains("HINT: ")
                            || line.startsWith("postgres: "))
                    .toList();
            return fatal.isEmpty()
                    ? Optional.empty()
                    : Optional.of(String.join(" / ", fatal.subList(Math.max(0, fatal.size() - LINES), fatal.size())));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }
}
