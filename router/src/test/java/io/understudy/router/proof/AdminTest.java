package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The router's own database, as its operators use it. */
@Timeout(60)
class AdminTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private RouterUnderTest router;
    private Wire client;
    private Wire operator;

    @BeforeEach
    void connect() throws Exception {
        router = POSTGRES.routed(Knobs.pool(2).operators(List.of(EmbeddedServer.TRUSTED), List.of()));
        client = router.wire("application_name", "shop");
        operator = operator();
    }

    private Wire operator() throws Exception {
        return Wire.loggedIn(router.address(), "database", "understudy");
    }

    @AfterEach
    void disconnect() throws Exception {
        client.close();
        operator.close();
        router.close();
    }

    /** The first column by which {@code name} goes, of all rows. */
    private List<String> column(String command, String name) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection connection = router.connect(EmbeddedServer.TRUSTED, "understudy", "&preferQueryMode=simple");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(command)) {
            while (rows.next()) {
                found.add(rows.getString(name));
            }
        }
        return found;
    }

    private static void until(Callable<List<String>> seen, List<String> wanted) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            List<String> now = seen.call();
            if (now.equals(wanted)) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                assertThat(now).isEqualTo(wanted);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POOLS", "CLIENTS", "SERVERS", "STATS", "CONFIG", "VERSION", "HELP"})
    void showsWhatItIsAskedFor(String subject) throws Exception {
        client.ask("begin");
        assertThat(operator.ask("show " + subject)).startsWith("T D").endsWith("C(SHOW) ZI");
    }

    @Test
    void answersDriversToo() throws Exception {
        try (Connection connection = router.connect(EmbeddedServer.TRUSTED, "understudy", "");
                PreparedStatement show = connection.prepareStatement("SHOW POOLS");
                ResultSet rows = show.executeQuery()) {
            assertThat(rows.next()).isTrue();
        }
    }

    @Test
    void tellsWhoIsThereAndWhoHasAServerConnection() throws Exception {
        client.ask("begin");
        String process = client.value("select pg_backend_pid()");
        assertThat(column("SHOW CLIENTS", "application_name")).containsExactly("shop");
        assertThat(column("SHOW CLIENTS", "server_pid")).containsExactly(process);
        assertThat(column("SHOW SERVERS", "pid")).contains(process);
    }

    @Test
    void tellsWhyASessionIsPinnedUntilItIsNot() throws Exception {
        client.ask("create temp table kept (i int)");
        // The server is asked what is left there when the client has been answered.
        until(() -> column("SHOW PINS", "reason"), List.of("temporary table kept"));
        client.ask("drop table kept");
        until(() -> column("SHOW PINS", "reason"), List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHOW TABLES", "SELECT 1", "DROP POOL", "PAUSE a b", "SHOW", "RELOAD now"})
    void namesWhatItExpectsInstead(String command) throws Exception {
        operator.send(Wire.query(command));
        assertThat(operator.awaitReady())
                .anySatisfy(message -> assertThat(message.type() == 'E' && message.contains("SHOW"))
                        .isTrue());
        assertThat(operator.ask("show version")).endsWith("C(SHOW) ZI");
    }

    @Test
    void aPauseWaitsForTransactionsAndServiceGoesOnAfterIt() throws Exception {
        try (Wire later = router.wire()) {
            client.ask("begin");
            operator.send(Wire.query("PAUSE"));
            until(() -> column("SHOW POOLS", "paused"), List.of("yes"));
            later.send(Wire.query("select 1"));
            assertThat(client.ask("commit")).isEqualTo("C(COMMIT) ZI");
            assertThat(operator.line()).isEqualTo("C(PAUSE) ZI");
            assertThat(POSTGRES.value("select count(*) from pg_stat_activity where backend_type = 'client backend'"
                            + " and usename = '" + EmbeddedServer.TRUSTED + "'"))
                    .isEqualTo("0");
            assertThat(operator.ask("RESUME")).isEqualTo("C(RESUME) ZI");
            assertThat(later.line()).isEqualTo("T D(1) C(SELECT 1) ZI");
        }
    }

    @Test
    void whatIsNotPausedCannotBeResumed() throws Exception {
        assertThat(operator.ask("RESUME")).isEqualTo("E55000 ZI");
        assertThat(operator.ask("RESUME nowhere")).isEqualTo("E55000 ZI");
    }

    @Test
    void reconnectReplacesServerConnections() throws Exception {
        String before = client.value("select pg_backend_pid()");
        assertThat(operator.ask("RECONNECT")).endsWith("C(RECONNECT) ZI");
        assertThat(client.value("select pg_backend_pid()")).isNotEqualTo(before);
    }

    @Test
    void whoIsNoOperatorIsToldWhoIs() throws Exception {
        router.reload(Knobs.pool(2).operators(List.of("somebody"), List.of()));
        assertThatThrownBy(() -> column("SHOW POOLS", "user"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("admin-users");
    }

    @Test
    void anObserverMayOnlyLook() throws Exception {
        router.reload(Knobs.pool(2).operators(List.of("somebody"), List.of(EmbeddedServer.TRUSTED)));
        assertThat(operator.ask("show pools")).endsWith("C(SHOW) ZI");
        assertThat(operator.ask("PAUSE")).isEqualTo("E42501 ZI");
    }
}
