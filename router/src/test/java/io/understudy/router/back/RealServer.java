package io.understudy.router.back;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Endpoint;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real PostgreSQL on loopback, run by an unprivileged user where the tests run as root. */
public final class RealServer implements AutoCloseable {
    private static final int UNPRIVILEGED_ID = 65_534;
    private static final long SECONDS = 60;
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final Path home;
    private final Process postmaster;
    private final int port;

    /**
     * Starts one.
     *
     * @param hba the lines of pg_hba.conf; the superuser postgres is let in at 127.0.0.1 before them
     * @param tls its certificate and key; none for a server without TLS
     * @param authority who signs clients' certificates
     */
    public static RealServer start(List<String> hba, List<BackTls.KeyPair> tls, List<Path> authority) throws Exception {
        Path home = Files.createTempDirectory("understudy-router-server-");
        own(home, "rwxr-xr-x");
        PostgresInstallation installation =
                PostgresInstallation.find(new InstallationSource.Embedded(home.resolve("binaries")));
        Path data = home.resolve("data");
        Process initdb = new ProcessBuilder(asServerUser(
                        installation.program("initdb").toString(),
                        "-D",
                        data.toString(),
                        "-U",
                        "postgres",
                        "-A",
                        "trust",
                        "-N",
                        "-E",
                        "UTF8",
                        "--locale=C"))
                .redirectErrorStream(true)
                .start();
        String output = new String(initdb.getInputStream().readAllBytes());
        assertThat(initdb.waitFor()).as(output).isZero();
        int port = freePort();
        configure(data, port, hba, tls, authority);
        Process postmaster = new ProcessBuilder(
                        asServerUser(installation.program("postgres").toString(), "-D", data.toString()))
                .redirectErrorStream(true)
                .start();
        RealServer server = new RealServer(home, postmaster, port);
        server.awaitReady();
        return server;
    }

    private RealServer(Path home, Process postmaster, int port) {
        this.home = home;
        this.postmaster = postmaster;
        this.port = port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void configure(
            Path data, int port, List<String> hba, List<BackTls.KeyPair> tls, List<Path> authority) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "port = " + port,
                "listen_addresses = '127.0.0.1'",
                "unix_socket_directories = ''",
                "shared_buffers = 16MB",
                "fsync = off",
                "lc_messages = 'C'"));
        for (BackTls.KeyPair pair : tls) {
            copy(pair.certificate(), data.resolve("server.crt"));
            copy(pair.key(), data.resolve("server.key"));
            lines.add("ssl = on");
        }
        for (Path file : authority) {
            copy(file, data.resolve("root.crt"));
            lines.add("ssl_ca_file = 'root.crt'");
        }
        Files.write(data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
        List<String> rules = new ArrayList<>(List.of("host all postgres 127.0.0.1/32 trust"));
        rules.addAll(hba);
        Files.write(data.resolve("pg_hba.conf"), rules);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        own(to, "rw-------");
    }

    private static void own(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        if (ROOT) {
            Files.setAttribute(path, "unix:uid", UNPRIVILEGED_ID);
            Files.setAttribute(path, "unix:gid", UNPRIVILEGED_ID);
        }
    }

    private void awaitReady() throws Exception {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        StringBuffer output = new StringBuffer();
        Thread.ofVirtual().start(() -> {
            try (BufferedReader reader = postmaster.inputReader()) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    output.append(line).append('\n');
                    if (line.contains("ready to accept")) {
                        ready.complete(true);
                    }
                }
            } catch (IOException e) {
                output.append(e);
            }
            ready.complete(false);
        });
        assertThat(ready.get(SECONDS, TimeUnit.SECONDS)).as(output::toString).isTrue();
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

    public Endpoint endpoint() {
        return endpoint("127.0.0.1");
    }

    /** The same under another name. */
    public Endpoint endpoint(String host) {
        return new Endpoint(host, port);
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres?sslmode=disable", "postgres", "");
    }

    public void execute(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    @Override
    public void close() throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(postmaster.pid()))
                .start()
                .waitFor();
        assertThat(postmaster.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        try (Stream<Path> paths = Files.walk(home)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
