package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A real PostgreSQL on loopback that lets everybody in. Everything lies below one temporary folder that closing deletes. */
final class ScratchServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final List<String> asServerUser = asServerUser();
    private final Path folder = Files.createTempDirectory("understudy-router-sql");
    private final Path log = folder.resolve("log");
    private final int port;
    private final Process process;

    ScratchServer() throws Exception {
        run(List.of("chmod", "755", folder.toString()));
        Path bin = binaries();
        Path data = Files.createDirectory(folder.resolve("data"));
        if (!asServerUser.isEmpty()) {
            run(List.of("chown", serverUser() + ":", data.toString()));
        }
        run(command(bin, "initdb", "-D", data.toString(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"));
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        process = new ProcessBuilder(command(
                        bin, "postgres", "-D", data.toString(), "-p", "" + port, "-h", "127.0.0.1", "-k", "", "-F"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .directory(folder.toFile())
                .start();
        awaitOpen();
    }

    /** As this role, by simple queries. */
    Connection connect(String role) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + role
                + "&preferQueryMode=simple&allowEncodingChanges=true");
    }

    private void awaitOpen() throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (Connection connection = connect("postgres")) {
                return;
            } catch (SQLException e) {
                assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
                assertThat(System.nanoTime()).as("no connection: " + e).isLessThan(deadline);
                LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            }
        }
    }

    private Path binaries() throws IOException {
        String installed = System.getProperty("understudy.test.postgres.bin", "");
        return installed.isEmpty()
                ? PostgresInstallation.find(new InstallationSource.Embedded(folder.resolve("server")))
                        .bin()
                : Path.of(installed);
    }

    private List<String> command(Path bin, String program, String... arguments) {
        List<String> command = new ArrayList<>(asServerUser);
        command.add(bin.resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** PostgreSQL refuses to run as root. */
    private static List<String> asServerUser() throws IOException {
        return System.getProperty("user.name").equals("root")
                ? List.of("setpriv", "--reuid", serverUser(), "--regid", serverUser(), "--clear-groups")
                : List.of();
    }

    private static String serverUser() throws IOException {
        try (Stream<String> users = Files.lines(Path.of("/etc/passwd"))) {
            return users.anyMatch(line -> line.startsWith("postgres:")) ? "postgres" : "nobody";
        }
    }

    private static void run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
    }

    @Override
    public void close() throws Exception {
        run(List.of("kill", "-INT", Long.toString(process.pid())));
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        run(List.of("rm", "-rf", folder.toString()));
    }
}
