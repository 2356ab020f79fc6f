package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A real PostgreSQL on loopback, run by an unprivileged user where the tests run as root. Everybody brings a password by SCRAM but
 * the roles {@link #TRUSTED} and {@link #GUEST}.
 */
final class EmbeddedServer implements AutoCloseable {
    static final String SUPERUSER = "postgres";
    static final String PASSWORD = "secret";
    /** Comes in without a password: for tests that speak the protocol by hand. */
    static final String TRUSTED = "trusted";
    /** The same, where a test needs two. Neither is there before a test makes it. */
    static final String GUEST = "guest";

    private static final String UNPRIVILEGED_ID = "65534";
    private static final long PATIENCE_SECONDS = 60;
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final Path folder = Files.createTempDirectory("understudy-router-");
    private final int port;
    private final Process postmaster;

    private EmbeddedServer() throws Exception {
        run(List.of("chmod", "755", folder.toString()));
        Path bin = PostgresInstallation.find(new InstallationSource.Embedded(folder.resolve("server")))
                .bin();
        Path data = Files.createDirectory(folder.resolve("data"));
        Path password = Files.writeString(folder.resolve("password"), PASSWORD);
        if (ROOT) {
            run(List.of("chown", UNPRIVILEGED_ID, data.toString()));
        }
        run(asServerUser(
                bin.resolve("initdb"),
                List.of("-D", data.toString(), "-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile=" + password, "-N"),
                List.of("-E", "UTF8", "--locale=C")));
        Path access = data.resolve("pg_hba.conf");
        Files.writeString(
                access,
                "host all " + TRUSTED + "," + GUEST + " 127.0.0.1/32 trust\n" + Files.readString(access),
                StandardOpenOption.WRITE);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        postmaster = new ProcessBuilder(asServerUser(
                        bin.resolve("postgres"),
                        List.of("-D", data.toString(), "-p", "" + port, "-h", "127.0.0.1", "-k", "", "-F"),
                        List.of("-c", "max_connections=100", "-c", "max_prepared_transactions=10")))
                .redirectErrorStream(true)
                .start();
        CompletableFuture<String> ready = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> watch(postmaster, ready));
        assertThat(ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("ready to accept");
    }

    static EmbeddedServer start() throws Exception {
        return new EmbeddedServer();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static void watch(Process process, CompletableFuture<String> ready) {
        StringBuilder output = new StringBuilder();
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!ready.isDone()) {
                    output.append(line).append('\n');
                }
                if (line.contains("ready to accept")) {
                    ready.complete(output.toString());
                }
            }
            ready.complete(output.toString());
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    private static List<String> asServerUser(Path program, List<String> arguments, List<String> more) {
        List<String> command = new ArrayList<>();
        if (ROOT) {
            command.addAll(
                    List.of("setpriv", "--reuid=" + UNPRIVILEGED_ID, "--regid=" + UNPRIVILEGED_ID, "--clear-groups"));
        }
        command.add(program.toString());
        command.addAll(arguments);
        command.addAll(more);
        return command;
    }

    private static void run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
    }

    @Override
    public void close() throws Exception {
        run(List.of("kill", "-INT", Long.toString(postmaster.pid())));
        assertThat(postmaster.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        run(List.of("rm", "-rf", folder.toString()));
    }
}
