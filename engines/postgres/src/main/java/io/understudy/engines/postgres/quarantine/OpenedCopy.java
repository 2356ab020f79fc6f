package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.engines.postgres.files.WalEnd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A kept copy with a server on it, so that lost rows can be selected. The server is a replica of nobody: it refuses every
 * write by itself, whatever its sessions set. It listens on loopback only and archives nothing; who may log in is as
 * the copy's own {@code pg_hba.conf} says. Opening replays the copy's log and leaves it a replica's data; rows, log and
 * commit states stay. Closing stops the server.
 */
public final class OpenedCopy implements AutoCloseable {

    /** Logs in to the copy's server. The copy knows the passwords of the time when it was kept. */
    @FunctionalInterface
    public interface Login {
        Connection connect(String host, int port) throws SQLException;
    }

    /** Where the server listens. */
    public static final String HOST = "127.0.0.1";

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
    private static final int LOG_TAIL_BYTES = 2000;
    /** Settings that beat every file of the copy. The largest size keeps the log from being recycled. */
    private static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("listen_addresses", HOST),
            Map.entry("unix_socket_directories", ""),
            Map.entry("hot_standby", "on"),
            Map.entry("primary_conninfo", ""),
            Map.entry("primary_slot_name", ""),
            Map.entry("restore_command", ""),
            Map.entry("archive_cleanup_command", ""),
            Map.entry("recovery_end_command", ""),
            Map.entry("archive_mode", "off"),
            Map.entry("recovery_target_timeline", "current"),
            Map.entry("synchronous_standby_names", "ANY 1 (understudy_nobody)"),
            Map.entry("wal_keep_size", "2147483647"),
            Map.entry("restart_after_crash", "off"),
            Map.entry("logging_collector", "off"),
            Map.entry("log_destination", "stderr"));

    /** What comes before the data directory in a server's arguments. */
    static final String DATA = "-D";

    private final KeptCopy copy;
    private final KeptServer server;
    private final Login login;
    private final int port;
    private final WalEnd end;

    private OpenedCopy(KeptCopy copy, KeptServer server, Login login, int port, WalEnd end) {
        this.copy = copy;
        this.server = server;
        this.login = login;
        this.port = port;
        this.end = end;
    }

    /**
     * Starts a server on the copy and returns when it has replayed the whole of the kept log.
     *
     * @param binaries the folder with {@code postgres}, of the copy's major version
     * @param patience how long the replay may take
     * @throws EngineException when it did not get there; nothing runs then
     */
    public static OpenedCopy open(
            QuarantineStore store, String id, Path binaries, KeptServer.Starter starter, Login login, Duration patience)
            throws EngineException, InterruptedException {
        try {
            KeptCopy copy = store.require(id);
            if (copy.state() != KeptCopy.State.KEPT) {
                throw new EngineException("The kept copy " + id + " is " + copy.state() + ", expected it to be "
                        + KeptCopy.State.KEPT + "; restart the agent to finish what was interrupted");
            }
            if (!DataUsers.of(copy.data()).isEmpty()) {
                throw new EngineException(
                        "The kept copy " + id + " is open already; use that server or close it first");
            }
            WalEnd end = WalEnd.find(copy.data());
            prepare(copy.data());
            int port = freePort();
            KeptServer server = starter.start(new KeptServer.Launch(
                    command(binaries, copy.data(), port), DurableFiles.folderOf(copy.data()), log(copy)));
            OpenedCopy opened = new OpenedCopy(copy, server, login, port, end);
            opened.awaitReplayOrClose(patience);
            return opened;
        } catch (IOException e) {
            throw new EngineException("The kept copy " + id + " could not be opened: " + e.getMessage(), e);
        }
    }

    static void prepare(Path data) throws IOException {
        DurableFiles.write(data.resolve("standby.signal"), "");
        Files.deleteIfExists(data.resolve("recovery.signal"));
        // The store saw that no process works here; the number in it may be another process's by now.
        Files.deleteIfExists(data.resolve("postmaster.pid"));
    }

    static List<String> command(Path binaries, Path data, int port) {
        List<String> command = new ArrayList<>(
                List.of(binaries.resolve("postgres").toString(), DATA, data.toString(), "-c", "port=" + port));
        SETTINGS.forEach((name, value) -> {
            command.add("-c");
            command.add(name + "=" + value);
        });
        return command;
    }

    private void awaitReplayOrClose(Duration patience) throws IOException, EngineException, InterruptedException {
        boolean finished = false;
        try {
            awaitReplay(patience);
            finished = true;
        } finally {
            if (!finished) {
                server.close();
            }
        }
    }

    private void awaitReplay(Duration patience) throws IOException, EngineException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        String last = "it accepted no connection";
        while (System.nanoTime() < deadline) {
            if (!server.isAlive()) {
                throw new EngineException(
                        "The server of the kept copy " + copy.id() + " ended; its log says:\n" + logTail());
            }
            try (Connection connection = login.connect(HOST, port)) {
                Position replayed = new Position(
                        number(connection, "select coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0)::bigint"));
                if (replayed.compareTo(end.position()) >= 0) {
                    return;
                }
                last = "it has replayed up to " + replayed;
            } catch (SQLException e) {
                last = "it said: " + e.getMessage();
            }
            TimeUnit.NANOSECONDS.sleep(BETWEEN_LOOKS.toNanos());
        }
        throw new EngineException("The server of the kept copy " + copy.id() + " did not replay its log up to "
                + end.position() + " within " + patience + ": " + last + "; its log says:\n" + logTail());
    }

    /** Where the server listens on {@link #HOST}. */
    public int port() {
        return port;
    }

    public KeptCopy copy() {
        return copy;
    }

    /**
     * Counts what the copy holds that the cluster does not: transactions committed here among those that had not ended at
     * the fork and those that began after it.
     *
     * @throws EngineException when the fork is not known, or the server no longer knows how some of them ended
     */
    public Receipt measure() throws EngineException {
        Boundary fork = copy.divergence().fork();
        if (fork == null) {
            throw new EngineException("It is not known where the kept copy " + copy.id()
                    + " left the cluster's log, so what it holds cannot be counted; open it and compare the rows");
        }
        try (Connection connection = login.connect(HOST, port)) {
            long committed = CommittedTransactions.since(fork, connection);
            return new Receipt(copy.divergence().epoch(), committed, fork.position(), end.position());
        } catch (SQLException e) {
            throw new EngineException(
                    "The kept copy " + copy.id() + " could not be measured: " + e.getMessage()
                            + "; open it again and repeat",
                    e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private static Path log(KeptCopy copy) {
        return copy.data().resolveSibling("server.log");
    }

    private String logTail() throws IOException {
        if (!Files.exists(log(copy))) {
            return "(nothing)";
        }
        byte[] all = Files.readAllBytes(log(copy));
        int from = Math.max(0, all.length - LOG_TAIL_BYTES);
        return new String(all, from, all.length - from, StandardCharsets.UTF_8);
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        }
    }
}
