package io.understudy.cli.baddays;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.NodeView;
import io.understudy.cli.demo.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk is full. Every node's data lies on a small file system of its own; its ledger does not. */
final class FullDiskTest {

    private static final String SIZE = "size=256m";
    private static final int MOST_MEGABYTES_OF_LOG = 400;
    private static final int MEGABYTES_THAT_FILL_A_REPLICA = 80;
    private static final Duration STEADY = Duration.ofSeconds(3);

    private final List<Path> mounted = new ArrayList<>();

    @TempDir
    Path parent = Path.of("");

    @AfterEach
    void unmount() throws Exception {
        for (Path place : mounted) {
            run("umount", place.toString());
        }
    }

    @Test
    void aPrimaryWhoseDiskIsFullIsReplacedAndComesBackOnceThereIsSpace() throws Exception {
        try (Stage stage = Stage.form(parent, this::mount)) {
            TenureView before = stage.tenure();
            Path ballast = stage.home(before.holder()).resolve("ballast");
            fill(ballast);
            writeLogUntilTheServerFails(stage, before.holder());

            TenureView after = stage.awaitOpenAfter(before.epoch());
            assertThat(after.holder()).isNotEqualTo(before.holder());
            stage.awaitOrders();

            Files.delete(ballast);
            stage.awaitWhole();
            stage.requireNothingLost();
        }
    }

    @Test
    void aReplicaWhoseDiskIsFullSaysSoWhileTheRestGoesOnAndComesBackOnceThereIsSpace() throws Exception {
        try (Stage stage = Stage.form(parent, this::mount)) {
            TenureView before = stage.tenure();
            String replica = stage.others(before.holder()).getFirst();
            String incarnation = incarnation(stage, replica);
            Path ballast = stage.home(replica).resolve("ballast");
            fill(ballast);
            writeLog(stage, before.holder(), MEGABYTES_THAT_FILL_A_REPLICA);
            stage.await(
                    replica + " says that its disk is full",
                    () -> stage.view(replica).flatMap(NodeView::problem).stream()
                            .anyMatch(problem -> problem.contains("The disk under "
                                            + stage.home(replica).resolve("data"))
                                    && problem.contains("Free or add space")));
            stage.awaitOrders();
            stage.requireSamePrimary(before);

            stage.holdsFor(STEADY, "the same primary", () -> stage.isStill(before));
            assertThat(stage.home(replica).resolve("data.quarantine")).doesNotExist();
            Files.delete(ballast);

            stage.awaitWhole();
            stage.requireSamePrimary(before);
            assertThat(incarnation(stage, replica)).isEqualTo(incarnation);
            stage.requireNothingLost();
        }
    }

    private static String incarnation(Stage stage, String node) throws IOException {
        return Files.readString(stage.home(node).resolve("data").resolve("understudy.incarnation"));
    }

    private void mount(Stage stage) throws IOException, InterruptedException {
        for (String node : stage.nodes()) {
            Path home = Files.createDirectory(stage.home(node));
            run("mount", "-t", "tmpfs", "-o", SIZE + ",mode=755", "tmpfs", home.toString());
            mounted.add(home);
            for (String elsewhere : List.of("state", "engine")) {
                Path place = Files.createDirectory(stage.home(node + "-" + elsewhere));
                Files.createSymbolicLink(home.resolve(elsewhere), place);
            }
        }
    }

    private static void fill(Path ballast) throws IOException {
        byte[] block = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    /** Segments that are there already can still be written, so the log must grow beyond them. */
    private static void writeLogUntilTheServerFails(Stage stage, String primary) {
        try {
            writeLog(stage, primary, MOST_MEGABYTES_OF_LOG);
        } catch (SQLException failed) {
            // What it says depends on who met the full disk first; that the cluster acts on it is seen afterwards.
            return;
        }
        throw new AssertionError(
                "The disk of " + primary + " took " + MOST_MEGABYTES_OF_LOG + " MB of log: expected it to be full");
    }

    private static void writeLog(Stage stage, String primary, int megabytes) throws SQLException {
        try (Connection connection = stage.connect(primary);
                Statement statement = connection.createStatement()) {
            for (int written = 0; written < megabytes; written++) {
                statement.execute("select pg_logical_emit_message(false, 'ballast', repeat('x', 1048576))");
            }
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(
                        "%s needs root, because this test's disk is a tmpfs of its own: %s",
                        String.join(" ", command), said)
                .isZero();
    }
}
