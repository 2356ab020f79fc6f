package io.understudy.cli.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.cli.demo.Stage;
import io.understudy.core.cluster.Endpoint;
import io.understudy.engines.postgres.OwnLogin;
import io.understudy.engines.postgres.PostgresEngine;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Routers of a real cluster: one in every agent, one alone. */
final class RoutersTest {

    private static final int SIGTERM_STATUS = 143;

    @TempDir
    Path parent = Path.of("");

    @TempDir
    Path outside = Path.of("");

    @Test
    void everyRouterReachesThePrimaryAndItsIdleClientsItsSuccessor() throws Exception {
        try (Stage stage = Stage.form(parent)) {
            Endpoint alone = freeAddress();
            Endpoint metrics = freeAddress();
            Process router = startAlone(stage, alone, metrics);
            List<Connection> clients = new ArrayList<>();
            try (BufferedReader log = router.inputReader()) {
                awaitLine(log, "Router started at " + alone);
                clients.add(stage.connect(alone));
                for (String node : stage.nodes()) {
                    clients.add(stage.connectThroughRouter(node));
                }
                String before = stage.tenure().holder();
                for (Connection client : clients) {
                    assertThat(port(client)).isEqualTo(stage.database(before).port());
                }

                stage.killServer(before);
                stage.await(
                        "another is primary",
                        () -> !stage.tenure().holder().equals(before)
                                && stage.tenure().phase().equals("open"));
                String after = stage.tenure().holder();
                for (Connection client : clients) {
                    assertThat(port(client)).isEqualTo(stage.database(after).port());
                }

                Files.writeString(
                        outside.resolve("router.properties"), file(stage, alone, metrics) + "pool-size = none\n");
                signal("HUP", router);
                awaitLine(log, "line 8: pool-size is 'none', expected a whole number from 1 to 10000");
                Files.writeString(
                        outside.resolve("router.properties"), file(stage, alone, metrics) + "pool-size = 2\n");
                signal("HUP", router);
                awaitLine(log, "Settings read again");
                assertThat(port(clients.getFirst()))
                        .isEqualTo(stage.database(after).port());

                assertThat(get(metrics, "/health").statusCode()).isEqualTo(200);
                assertThat(get(metrics, "/health").body()).contains("the primary is " + after);
                assertThat(get(metrics, "/metrics").body())
                        .contains("understudy_router_up 1.0", "understudy_router_queries_total{database=\"shop\"");
                assertThat(get(metrics, "/nothing").statusCode()).isEqualTo(404);
                assertThat(get(stage.api(after), "/metrics").body())
                        .contains("understudy_is_primary 1.0", "understudy_router_up 1.0");
                ordersReload(stage, alone, metrics);

                clients.getFirst().close();
                router.destroy();
                assertThat(router.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(router.exitValue()).isEqualTo(SIGTERM_STATUS);
            } finally {
                for (Connection client : clients) {
                    client.close();
                }
                router.destroyForcibly().waitFor();
            }
        }
    }

    /** By the router's own database instead of by a signal. */
    private void ordersReload(Stage stage, Endpoint router, Endpoint metrics) throws IOException, SQLException {
        try (Connection operator = stage.operate(router);
                Statement order = operator.createStatement()) {
            Files.writeString(outside.resolve("router.properties"), file(stage, router, metrics) + "pool-size = -3\n");
            assertThatThrownBy(() -> order.execute("RELOAD"))
                    .hasMessageContaining("line 8: pool-size is '-3', expected a whole number from 1 to 10000");
            assertThat(setting(order, "pool-size")).isEqualTo("2 of 20, reload");
            Files.writeString(outside.resolve("router.properties"), file(stage, router, metrics) + "pool-size = 3\n");
            order.execute("RELOAD");
            assertThat(setting(order, "pool-size")).isEqualTo("3 of 20, reload");
            assertThat(setting(order, "metrics-listen")).isEqualTo(metrics + " of null, restart");
            assertThat(setting(order, "access.1")).isEqualTo("SCRAM all all all of SCRAM all all all, reload");
        }
    }

    private static String setting(Statement operator, String name) throws SQLException {
        try (ResultSet rows = operator.executeQuery("SHOW CONFIG")) {
            while (rows.next()) {
                if (rows.getString("name").equals(name)) {
                    return "%s of %s, %s"
                            .formatted(
                                    rows.getString("value"), rows.getString("default"), rows.getString("changed_by"));
                }
            }
        }
        throw new AssertionError("SHOW CONFIG does not know " + name);
    }

    private static HttpResponse<String> get(Endpoint where, String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + where + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private Process startAlone(Stage stage, Endpoint listen, Endpoint metrics) throws IOException {
        Path password = outside.resolve("password");
        OwnLogin login = PostgresEngine.routerLogin(stage.secret());
        Files.writeString(password, login.password());
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Path config = outside.resolve("router.properties");
        Files.writeString(config, file(stage, listen, metrics));
        return new ProcessBuilder(
                        // Whoever runs the tests may ignore SIGHUP, and a child process inherits that.
                        "env",
                        "--default-signal=HUP",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.understudy.cli.Understudy",
                        "router",
                        "--config",
                        config.toString())
                .redirectErrorStream(true)
                .start();
    }

    /** One agent is named; the others are learnt from it. */
    private static String file(Stage stage, Endpoint listen, Endpoint metrics) {
        return """
                listen = %s
                cluster = demo
                agents = %s
                lookup.role = understudy.router
                lookup.password-file = password
                metrics-listen = %s
                admin-users = shop
                """.formatted(listen, stage.api(stage.nodes().getFirst()), metrics);
    }

    private static void signal(String name, Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static void awaitLine(BufferedReader log, String wanted) throws IOException {
        List<String> read = new ArrayList<>();
        String line = log.readLine();
        while (line != null && !line.contains(wanted)) {
            read.add(line);
            line = log.readLine();
        }
        assertThat(line).as("the router's log before its end: %s", read).isNotNull();
    }

    private static int port(Connection client) throws SQLException {
        try (Statement statement = client.createStatement();
                ResultSet row = statement.executeQuery("select inet_server_port()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static Endpoint freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Endpoint("127.0.0.1", socket.getLocalPort());
        }
    }
}
