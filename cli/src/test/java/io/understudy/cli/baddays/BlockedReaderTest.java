package io.understudy.cli.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.cli.demo.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody reads on the replicas, and replay must wait for them, when the primary fails. */
final class BlockedReaderTest {

    /** A replica waits up to half a minute for a reader; a failover must not. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    @TempDir
    Path parent = Path.of("");

    @Test
    void aReaderThatBlocksReplayOnTheWinnerIsEndedOnRecordAndTheFailoverGoesOn() throws Exception {
        try (Stage stage = Stage.form(parent)) {
            TenureView before = stage.tenure();
            execute(stage, before.holder(), "create table catalogue as select 1 as item");
            Map<String, Connection> readers = new TreeMap<>();
            try {
                for (String replica : stage.others(before.holder())) {
                    readers.put(replica, read(stage, replica));
                }
                execute(stage, before.holder(), "truncate catalogue");
                for (String replica : readers.keySet()) {
                    stage.await("replay waits on " + replica, () -> isBehind(stage, replica));
                }

                long killed = System.nanoTime();
                stage.killEverything(before.holder());
                TenureView after = stage.awaitOpenAfter(before.epoch());
                assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(LONGEST);

                assertThatThrownBy(() -> look(Objects.requireNonNull(readers.get(after.holder()))))
                        .isInstanceOf(SQLException.class);
                assertThat(journal(stage, after.holder()))
                        .anySatisfy(line ->
                                assertThat(line).contains("EndedSessions", "of shop (bad-day), from 127.0.0.1"));
            } finally {
                for (Connection reader : readers.values()) {
                    reader.close();
                }
            }
            stage.startAgent(before.holder());
            stage.awaitWhole();
            stage.requireNothingLost();
        }
    }

    /** A session that holds what {@code truncate} needs, until it is ended. */
    private static Connection read(Stage stage, String replica) throws Exception {
        stage.await("the table has reached " + replica, () -> hasTable(stage, replica));
        Connection reader = stage.connect(replica);
        reader.setAutoCommit(false);
        look(reader);
        return reader;
    }

    private static void look(Connection reader) throws SQLException {
        try (Statement statement = reader.createStatement();
                ResultSet rows = statement.executeQuery("select item from catalogue")) {
            assertThat(rows.next()).isTrue();
        }
    }

    private static boolean hasTable(Stage stage, String replica) {
        return holds(stage, replica, "select to_regclass('catalogue') is not null");
    }

    private static boolean isBehind(Stage stage, String replica) {
        return holds(
                stage,
                replica,
                "select exists (select from pg_stat_activity where backend_type = 'startup' and wait_event_type = 'Lock')"
                        + " or pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn() > 100000");
    }

    private static boolean holds(Stage stage, String node, String question) {
        try (Connection connection = stage.connect(node);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static void execute(Stage stage, String node, String sql) throws SQLException {
        try (Connection connection = stage.connect(node);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> journal(Stage stage, String node) throws Exception {
        return Files.readAllLines(stage.home(node).resolve("engine").resolve("journal"));
    }
}
