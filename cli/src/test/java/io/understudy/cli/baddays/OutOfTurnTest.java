package io.understudy.cli.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.cli.demo.Stage;
import io.understudy.cli.demo.Stage.Said;
import io.understudy.core.cluster.Endpoint;
import java.io.File;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody does to a replica by hand what only its agent should do. */
final class OutOfTurnTest {

    /** An order that the shop never sent: were it kept, reading back would find it. */
    private static final String FOREIGN_ORDER = "insert into orders(id, customer, node) values (1000000, 1, 'nobody')";

    @TempDir
    Path parent = Path.of("");

    @Test
    void aReplicaThatSomebodyMeddledWithAcknowledgesNothingAndComesBackAsAReplica() throws Exception {
        try (Stage stage = Stage.form(parent)) {
            String replica = stage.others(stage.tenure().holder()).getFirst();
            aDeletedDataDirectoryIsClonedAsAnotherIncarnation(stage, replica);
            aServerStartedByHandAcknowledgesNothing(stage, replica);
            aReplicaPromotedByHandAcknowledgesNothing(stage, replica);
            whatWasKeptIsListedOpenedAndDroppedByCommand(stage, replica);
        }
    }

    private static void aDeletedDataDirectoryIsClonedAsAnotherIncarnation(Stage stage, String replica)
            throws Exception {
        Path data = stage.home(replica).resolve("data");
        stage.killEverything(replica);
        stage.awaitLoss();
        String incarnation = incarnation(data);
        delete(data);
        stage.startAgent(replica);

        isReplicaAgain(stage, replica);
        assertThat(incarnation(data)).isNotEqualTo(incarnation);
    }

    private static void aServerStartedByHandAcknowledgesNothing(Stage stage, String replica) throws Exception {
        Path data = stage.home(replica).resolve("data");
        stage.killEverything(replica);
        stage.awaitLoss();
        // Without this file the server comes up as a primary: the worst that a hand can do.
        Files.delete(data.resolve("standby.signal"));
        Files.deleteIfExists(data.resolve("postmaster.pid"));
        Process byHand = start(stage, data, "postgres", "-D", data.toString());

        acceptsWritesAndAcknowledgesNone(stage, replica);
        stage.startAgent(replica);
        assertThat(byHand.onExit().get(30, TimeUnit.SECONDS).isAlive()).isFalse();
        isReplicaAgain(stage, replica);
    }

    private static void aReplicaPromotedByHandAcknowledgesNothing(Stage stage, String replica) throws Exception {
        Path data = stage.home(replica).resolve("data");
        // With its agent alive the server would be gone before anybody could write.
        stage.killAgent(replica);
        Process promotion = start(stage, data, "pg_ctl", "promote", "-D", data.toString());
        assertThat(promotion.waitFor()).isZero();

        acceptsWritesAndAcknowledgesNone(stage, replica);
        stage.startAgent(replica);
        isReplicaAgain(stage, replica);
    }

    private static void whatWasKeptIsListedOpenedAndDroppedByCommand(Stage stage, String replica) throws Exception {
        String primary = stage.tenure().holder();
        Said listed = stage.understudy(primary, "quarantine", "list");
        assertThat(listed.status()).as(listed.text()).isZero();
        Matcher kept = Pattern.compile("^" + replica + "  (\\S+) .*  closed$", Pattern.MULTILINE)
                .matcher(listed.text());
        assertThat(kept.find()).as(listed.text()).isTrue();
        String id = kept.group(1);

        Endpoint opened = open(stage, primary, id);
        // What a server wrote that had no right to is nowhere in the cluster, and here.
        assertThat(foreignOrders(stage, opened)).isEqualTo(1);
        assertThat(stage.understudy(primary, "quarantine", "list").text()).contains("open at " + opened);
        stage.killAgent(replica);
        assertThat(foreignOrders(stage, opened)).isEqualTo(1);
        stage.startAgent(replica);
        stage.await("the copy that the killed agent had opened is closed", () -> !answers(stage, opened));
        isReplicaAgain(stage, replica);

        Endpoint again = open(stage, primary, id);
        assertThat(foreignOrders(stage, again)).isEqualTo(1);
        Said wrong = stage.understudy(primary, "quarantine", "drop", "yesterday");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.text()).contains("No kept copy 'yesterday'", replica + "/" + id);
        Said elsewhere = stage.understudy(primary, "quarantine", "drop", "--node", primary, id);
        assertThat(elsewhere.status()).isEqualTo(2);
        assertThat(elsewhere.text()).contains("No kept copy '" + id + "' on " + primary);
        Said dropped = stage.understudy(primary, "quarantine", "drop", id);
        assertThat(dropped.status()).as(dropped.text()).isZero();
        assertThat(answers(stage, again)).isFalse();
        assertThat(stage.understudy(primary, "quarantine", "list").text()).doesNotContain(id);
    }

    private static Endpoint open(Stage stage, String asked, String id) throws Exception {
        Said opened = stage.understudy(asked, "quarantine", "open", id);
        Matcher place = Pattern.compile("read-only at (\\S+):(\\d+)").matcher(opened.text());
        assertThat(opened.status()).as(opened.text()).isZero();
        assertThat(place.find()).as(opened.text()).isTrue();
        return new Endpoint(place.group(1), Integer.parseInt(place.group(2)));
    }

    private static int foreignOrders(Stage stage, Endpoint where) throws SQLException {
        try (Connection connection = stage.connect(where);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from orders where node = 'nobody'")) {
            assertThat(row.next()).isTrue();
            return row.getInt(1);
        }
    }

    private static boolean answers(Stage stage, Endpoint where) {
        try (Connection connection = stage.connect(where)) {
            return !connection.isClosed();
        } catch (SQLException closed) {
            return false;
        }
    }

    private static void acceptsWritesAndAcknowledgesNone(Stage stage, String node) throws Exception {
        stage.await("the server of " + node + " is writable", () -> isWritable(stage, node));
        assertThat(stage.serverRuns(node)).isTrue();
        try (Connection connection = stage.connect(node);
                Statement statement = connection.createStatement()) {
            connection.setNetworkTimeout(Runnable::run, 2_000);
            assertThatThrownBy(() -> statement.execute(FOREIGN_ORDER))
                    .isInstanceOf(SQLException.class)
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
        }
    }

    private static boolean isWritable(Stage stage, String node) {
        try (Connection connection = stage.connect(node);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select not pg_is_in_recovery()")) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static void isReplicaAgain(Stage stage, String node) throws Exception {
        stage.await(
                "the agent of " + node + " does something",
                () -> stage.view(node)
                        .filter(view -> view.lastHeardMillis().orElse(Long.MAX_VALUE) < 1_000)
                        .isPresent());
        stage.awaitWhole();
        assertThat(stage.tenure().holder()).isNotEqualTo(node);
        assertThat(isWritable(stage, node)).isFalse();
        stage.requireNothingLost();
    }

    private static Process start(Stage stage, Path data, String program, String... arguments) throws IOException {
        List<String> command = stage.postgres(data, program, arguments);
        return new ProcessBuilder(command)
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(stage.home("by-hand.log").toFile())
                .start();
    }

    private static String incarnation(Path data) throws IOException {
        return Files.readString(data.resolve("understudy.incarnation")).strip();
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
