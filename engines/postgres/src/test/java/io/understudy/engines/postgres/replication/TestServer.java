package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real server on loopback, run by an unprivileged user where the tests run as root. */
final class TestServer implements AutoCloseable {
    private static final int UNPRIVILEGED_ID = 65_534;
    private static final long START_SECONDS = 60;
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final Binaries binaries;
    private final Path data;
    private final int port;
    private @Nullable Process postmaster;

    private TestServer(Binaries binaries, Path data, int port) {
        this.binaries = binaries;
        this.data = data;
        this.port = port;
    }

    /** A directory any user can reach and the servers' user can write to. */
    static Path directory(String prefix) throws IOException {
        Path directory = Files.createTempDirectory(prefix);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (ROOT) {
            Files.setAttribute(directory, "unix:uid", UNPRIVILEGED_ID);
            Files.setAttribute(directory, "unix:gid", UNPRIVILEGED_ID);
        }
        return directory;
    }

    static TestServer initialised(Binaries binaries, Path data) throws Exception {
        List<String> command = asServerUser(
                binaries.program("initdb"),
                "-D",
                data.toString(),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
                "--locale=C");
        Process initdb = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(initdb.getInputStream().readAllBytes());
        assertThat(initdb.waitFor()).as(output).isZero();
        return existing(binaries, data);
    }

    /** A server on a data directory that is already there. */
    static TestServer existing(Binaries binaries, Path data) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        TestServer server = new TestServer(binaries, data, port);
        server.configure(
                "port = " + port,
                "listen_addresses = '127.0.0.1'",
                "unix_socket_directories = ''",
                "shared_buffers = 16MB",
                "logging_collector = off",
                "lc_messages = 'C'");
        return server;
    }

    void configure(String... lines) throws IOException {
        Files.write(data.resolve("postgresql.conf"), List.of(lines), StandardOpenOption.APPEND);
    }

    /** Puts a line before all others of pg_hba.conf. */
    void admit(String line) throws IOException {
        Path file = data.resolve("pg_hba.conf");
        Files.writeString(file, line + "\n" + Files.readString(file));
    }

    TestServer start() throws Exception {
        Process process = new ProcessBuilder(asServerUser(binaries.program("postgres"), "-D", data.toString()))
                .redirectErrorStream(true)
                .start();
        postmaster = process;
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        StringBuffer output = new StringBuffer();
        Thread.ofVirtual().start(() -> watch(process, ready, output));
        assertThat(ready.get(START_SECONDS, TimeUnit.SECONDS))
                .as(() -> output.toString())
                .isTrue();
        return this;
    }

    private static void watch(Process process, CompletableFuture<Boolean> ready, StringBuffer output) {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                output.append(line).append('\n');
                if (line.contains("ready to accept")) {
                    ready.complete(true);
                }
            }
            ready.complete(false);
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    private static List<String> asServerUser(String... command) {
        List<String> whole = new ArrayList<>();
        if (ROOT) {
            String id = Integer.toString(UNPRIVILEGED_ID);
            whole.addAll(List.of("setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"));
        }
        whole.addAll(List.of(command));
        return whole;
    }

    Path data() {
        return data;
    }

    int port() {
        return port;
    }

    ReplicationSource source() {
        return ReplicationSource.of("127.0.0.1", port, "postgres");
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "");
    }

    void execute(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    String query(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? String.valueOf(result.getString(1)) : "";
        }
    }

    static void signal(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Kills every process of the server at once, as a crash of the host would. */
    void crash() throws Exception {
        Process process = postmaster;
        if (process == null) {
            return;
        }
        signal("STOP", process.pid());
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle handle : all) {
            handle.onExit().get(START_SECONDS, TimeUnit.SECONDS);
        }
        postmaster = null;
    }

    void stop() throws Exception {
        Process process = postmaster;
        if (process != null && process.isAlive()) {
            signal("INT", process.pid());
            assertThat(process.waitFor(START_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        postmaster = null;
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
