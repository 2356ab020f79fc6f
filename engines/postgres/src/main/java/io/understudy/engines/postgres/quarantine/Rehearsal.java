package io.understudy.engines.postgres.quarantine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Starts a server on data before that is put in its place, as a replica of nobody, and stops it in order when it lets
 * readers in: then the data is consistent and its log is all there.
 */
public final class Rehearsal {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
    private static final int LOG_TAIL_BYTES = 1000;

    private Rehearsal() {}

    /**
     * Whether it works.
     *
     * @param patience how long replay may take
     * @return why not, empty when it does
     */
    public static Optional<String> of(
            Path data, Path binaries, KeptServer.Starter starter, OpenedCopy.Login login, Duration patience)
            throws IOException, InterruptedException {
        OpenedCopy.prepare(data);
        int port = OpenedCopy.freePort();
        List<String> command = OpenedCopy.command(binaries, data, port);
        command.addAll(List.of("-c", "recovery_target_timeline=latest"));
        Path log = logOf(data);
        KeptServer server = starter.start(new KeptServer.Launch(command, data, log));
        try {
            return awaitReaders(server, login, port, System.nanoTime() + patience.toNanos())
                    ? Optional.empty()
                    : Optional.of("a server on it let nobody in; its log says: " + tail(log));
        } finally {
            server.close();
            Files.deleteIfExists(log);
        }
    }

    /** Where what works on {@code data} writes; gone when it ended in order. */
    public static Path logOf(Path data) {
        return data.resolveSibling(data.getFileName() + ".log");
    }

    private static boolean awaitReaders(KeptServer server, OpenedCopy.Login login, int port, long deadline)
            throws InterruptedException {
        while (server.isAlive() && System.nanoTime() - deadline < 0) {
            try (Connection reader = login.connect(OpenedCopy.HOST, port)) {
                return !reader.isClosed();
            } catch (SQLException notYet) {
                // Nothing announces that a server begins to let readers in.
                TimeUnit.NANOSECONDS.sleep(BETWEEN_LOOKS.toNanos());
            }
        }
        return false;
    }

    private static String tail(Path log) throws IOException {
        String all = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
        return all.substring(Math.max(0, all.length() - LOG_TAIL_BYTES));
    }
}
