package io.understudy.engines.postgres.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Position;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server on loopback, for tests. Everything lies below one temporary folder that the server's user can
 * reach; closing kills what is left of the server and deletes its data and its shared memory.
 */
public final class RealServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final Path data;
    private final int port = freePort();
    private @Nullable Process process;

    private RealServer(Path data) {
        this.data = data;
    }

    /** An initialised database that was not started yet. */
    public static RealServer initialised() throws Exception {
        RealServer server = new RealServer(Binaries.FOLDER.resolve("data-" + System.nanoTime()));
        run(Binaries.command(
                "initdb", "-D", server.data.toString(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"));
        Files.writeString(server.data.resolve("postgresql.conf"), """

                listen_addresses = '127.0.0.1'
                unix_socket_directories = ''
                shared_buffers = 16MB
                fsync = off
                autovacuum = off
                wal_keep_size = 256MB
                restart_after_crash = off
                wal_retrieve_retry_interval = 100ms
                """, StandardOpenOption.APPEND);
        return server;
    }

    /** A copy of this stopped server's files. */
    public RealServer copy() throws Exception {
        assertThat(process).as("copied while it runs").isNull();
        RealServer copy = new RealServer(Binaries.FOLDER.resolve("data-" + System.nanoTime()));
        run(List.of("cp", "-a", data.toString(), copy.data.toString()));
        Files.deleteIfExists(copy.data.resolve("postmaster.pid"));
        return copy;
    }

    public Path data() {
        return data;
    }

    public int port() {
        return port;
    }

    public static Path binaries() {
        return Binaries.BIN;
    }

    /** As a replica, {@code latest}; an empty {@code conninfo} makes it a sealed one. */
    public RealServer asStandby(String conninfo) throws IOException {
        Files.writeString(data.resolve("standby.signal"), "");
        return set("primary_conninfo", conninfo);
    }

    public RealServer set(String name, String value) throws IOException {
        Files.writeString(
                data.resolve("postgresql.conf"),
                "\n" + name + " = '" + value.replace("'", "''") + "'\n",
                StandardOpenOption.APPEND);
        return this;
    }

    public String conninfo() {
        return "host=127.0.0.1 port=" + port + " user=postgres application_name=replica";
    }

    public RealServer start() throws Exception {
        launch();
        await("the server to accept connections: " + log(), () -> {
            if (!running().isAlive()) {
                throw new AssertionError("The server ended: " + Files.readString(log()));
            }
            try (Connection connection = connect()) {
                return connection.isValid(5);
            } catch (SQLException e) {
                return false;
            }
        });
        return this;
    }

    /** Starts it and returns at once. */
    public Process launch() throws Exception {
        Process started = new ProcessBuilder(Binaries.command("postgres", "-D", data.toString(), "-c", "port=" + port))
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .directory(Binaries.FOLDER.toFile())
                .start();
        process = started;
        return started;
    }

    public Path log() {
        return Path.of(data + ".log");
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres");
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    public String query(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }

    public Position position(String sql) throws SQLException {
        return new Position(Long.parseLong(query("select (" + sql + ") - '0/0'::pg_lsn")));
    }

    /** For a sealed replica: where it stands when it found nothing more to replay. */
    public Position replayEnd() throws Exception {
        await(
                "the replay to be finished",
                () -> Files.readString(log()).contains("waiting for WAL to become available")
                        || query("select count(*) from pg_stat_activity where backend_type = 'startup'"
                                        + " and wait_event in ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream')")
                                .equals("1"));
        return position("pg_last_wal_replay_lsn()");
    }

    public void promote() throws Exception {
        execute("select pg_promote(false)");
        await("the promotion", () -> query("select pg_is_in_recovery()").equals("f"));
    }

    /** Fast stop, in order. */
    public void stop() throws Exception {
        run(List.of("kill", "-INT", Long.toString(running().pid())));
        assertThat(running().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        process = null;
    }

    /** As a power cut ends it: every process, none of them warned. */
    public void kill() throws Exception {
        Process started = running();
        run(List.of("kill", "-STOP", Long.toString(started.pid())));
        List<ProcessHandle> children = started.descendants().toList();
        children.forEach(ProcessHandle::destroyForcibly);
        started.destroyForcibly();
        assertThat(started.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        await("its processes to be gone", () -> children.stream().noneMatch(ProcessHandle::isAlive));
        process = null;
        releaseSharedMemory();
    }

    private Process running() {
        return Objects.requireNonNull(process, "the server was not started");
    }

    private void releaseSharedMemory() throws Exception {
        Path pidFile = data.resolve("postmaster.pid");
        if (Files.exists(pidFile)) {
            List<String> lines = Files.readAllLines(pidFile);
            if (lines.size() > 6) {
                String[] keyAndId = lines.get(6).strip().split("\\s+", 2);
                new ProcessBuilder("ipcrm", "-m", keyAndId[1].strip())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            }
            Files.delete(pidFile);
        }
    }

    @Override
    public void close() throws Exception {
        if (process != null) {
            kill();
        }
        run(List.of("rm", "-rf", data.toString(), log().toString()));
    }

    public static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited in vain for " + what).isLessThan(deadline);
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
    }

    public static void run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The user that servers run as: ourselves, or for root, which PostgreSQL refuses, somebody unprivileged. */
    public static List<String> asServerUser() {
        return Binaries.PREFIX;
    }

    /** A folder on the data's file system that belongs to the server's user; deleted when the tests end. */
    public static Path folder() throws Exception {
        Path folder = Binaries.FOLDER.resolve("folder-" + System.nanoTime());
        Files.createDirectory(folder);
        Files.setOwner(folder, Files.getOwner(Binaries.FOLDER));
        return folder;
    }

    /** The embedded server, unpacked once a test run; or an installation named by a property, to try other versions. */
    private static final class Binaries {
        static final List<String> PREFIX;
        static final Path FOLDER;
        static final Path BIN;

        static {
            try {
                PREFIX = prefix();
                FOLDER = Files.createTempDirectory("understudy-postgres-files");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    try {
                        run(List.of("rm", "-rf", FOLDER.toString()));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }));
                String installed = System.getProperty("understudy.test.postgres.bin", "");
                BIN = installed.isEmpty() ? unpack(FOLDER.resolve("server")).resolve("bin") : Path.of(installed);
                run(List.of("chmod", "755", FOLDER.toString()));
                if (!PREFIX.isEmpty()) {
                    run(List.of("chown", "-R", unprivilegedUser() + ":", FOLDER.toString()));
                }
            } catch (Exception e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        static List<String> command(String program, String... arguments) {
            List<String> command = new ArrayList<>(PREFIX);
            command.add(BIN.resolve(program).toString());
            command.addAll(List.of(arguments));
            return command;
        }

        private static List<String> prefix() throws Exception {
            return System.getProperty("user.name").equals("root")
                    ? List.of("setpriv", "--reuid", unprivilegedUser(), "--regid", group(), "--clear-groups")
                    : List.of();
        }

        private static String group() throws Exception {
            Process id = new ProcessBuilder("id", "-g", unprivilegedUser()).start();
            return new String(id.getInputStream().readAllBytes()).strip();
        }

        private static String unprivilegedUser() throws IOException {
            try (Stream<String> users = Files.lines(Path.of("/etc/passwd"))) {
                return users.anyMatch(line -> line.startsWith("postgres:")) ? "postgres" : "nobody";
            }
        }

        private static Path unpack(Path target) throws IOException {
            try (InputStream packed =
                            Objects.requireNonNull(RealServer.class.getResourceAsStream("/postgres-linux-x86_64.txz"));
                    TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(packed))) {
                for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                    Path path = target.resolve(entry.getName()).normalize();
                    Files.createDirectories(entry.isDirectory() ? path : path.getParent());
                    if (entry.isSymbolicLink()) {
                        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                    } else if (!entry.isDirectory()) {
                        Files.copy(tar, path);
                        if ((entry.getMode() & 0100) != 0) {
                            path.toFile().setExecutable(true, false);
                        }
                    }
                }
            }
            return target;
        }
    }
}
