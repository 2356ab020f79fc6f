package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** A real PostgreSQL: its binaries unpacked once where every user can read them, and a fresh data directory for each guard. */
final class TestServer implements AutoCloseable {
    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    private final Path home;
    private int port;

    TestServer() throws IOException {
        home = Files.createTempDirectory("postgres");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (InputStream raw = TestServer.class.getResourceAsStream(ARCHIVE);
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpack(entry, tar);
            }
        }
    }

    private void unpack(TarArchiveEntry entry, InputStream content) throws IOException {
        Path target = home.resolve(entry.getName()).normalize();
        assertThat(target.startsWith(home)).isTrue();
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(content, target);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    /** Makes a data directory in the guard's directory, owned by the user that the server is to run as. */
    void initialise(RunningGuard guard) throws Exception {
        Path owned = Files.createDirectory(guard.directory.resolve("server"));
        List<String> command = new ArrayList<>();
        if (ROOT) {
            run(List.of("chown", "nobody", owned.toString()));
            command.addAll(List.of("setpriv", "--reuid=nobody", "--clear-groups", "--"));
        }
        command.addAll(List.of(
                home.resolve("bin/initdb").toString(),
                "-D",
                data(guard).toString(),
                "-U",
                "tester",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N"));
        run(command);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
    }

    private static void run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(new java.io.File("/"))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    static Path data(RunningGuard guard) {
        return guard.directory.resolve("server/data");
    }

    /** How to start it under the guard. */
    ServerCommand command(RunningGuard guard) {
        ServerCommand command = ServerCommand.of(
                List.of(
                        home.resolve("bin/postgres").toString(),
                        "-D",
                        data(guard).toString(),
                        "-p",
                        Integer.toString(port),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "shared_buffers=16MB",
                        "-c",
                        "restart_after_crash=off"),
                data(guard),
                guard.directory.resolve("server.log"));
        return ROOT ? command.asUser("nobody") : command;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres?connectTimeout=10", "tester", "");
    }

    /** Waits until it takes connections. */
    void awaitReady() {
        RunningGuard.await("the server takes connections", () -> {
            try (Connection connection = connect()) {
                return connection.isValid(5);
            } catch (SQLException notYet) {
                return false;
            }
        });
    }

    /** Every process that has this data directory as its working directory: PostgreSQL's processes do, whoever their parent is. */
    static Set<Long> processesIn(RunningGuard guard) {
        Set<Long> found = new HashSet<>();
        ProcessHandle.allProcesses().forEach(process -> {
            try {
                if (Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd"))
                        .equals(data(guard))) {
                    found.add(process.pid());
                }
            } catch (IOException ended) {
                // It ended meanwhile, or is a zombie and has no directory any more.
            }
        });
        return found;
    }

    /** A server that was killed leaves its System V segment; PostgreSQL would remove it at the next start. */
    static void removeSegment(RunningGuard guard) throws Exception {
        String segment =
                Files.readAllLines(data(guard).resolve("postmaster.pid")).get(6);
        run(List.of("ipcrm", "-m", segment.strip().split("\\s+")[1]));
    }

    @Override
    public void close() throws IOException {
        RunningGuard.deleteTree(home);
    }
}
