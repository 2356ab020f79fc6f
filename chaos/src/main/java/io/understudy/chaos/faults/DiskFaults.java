package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.lab.SlowDisk;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** Disks that are full, or slow. */
final class DiskFaults {

    private static final Duration FULL = Duration.ofSeconds(4);
    private static final Duration SLOW = Duration.ofSeconds(6);
    private static final Duration DELAY = Duration.ofMillis(200);

    /** Segments that are there already can still be written, so the log must grow beyond them. */
    private static final int MOST_MEGABYTES_OF_LOG = 160;

    private DiskFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault(
                        "primary-disk-full",
                        "no space is left for the primary's data",
                        Weight.HEAVY,
                        scene -> full(scene, scene.primary())),
                new Fault(
                        "replica-disk-full",
                        "no space is left for a replica's data",
                        Weight.HEAVY,
                        scene -> full(scene, scene.replica())),
                new Fault(
                        "primary-disk-slow",
                        "every sync of the primary's server takes longer",
                        Weight.LIGHT,
                        scene -> slow(scene.primary())),
                new Fault(
                        "replica-disk-slow",
                        "every sync of a replica's server takes longer",
                        Weight.LIGHT,
                        scene -> slow(scene.replica())));
    }

    private static Caused full(Scene scene, LocalNode node) throws IOException, InterruptedException {
        scene.lab().disks().fill(node.id());
        writeLog(scene.lab());
        return caused(
                List.of(node),
                "filled the disk of",
                FULL,
                () -> scene.lab().disks().free(node.id()));
    }

    /** Until a server refuses: what it says then depends on who met the full disk first. */
    private static void writeLog(Lab lab) {
        try (Connection connection =
                        lab.database().connect(lab.primary().addresses().database(), "chaos-ballast");
                Statement statement = connection.createStatement()) {
            for (int written = 0; written < MOST_MEGABYTES_OF_LOG; written++) {
                statement.execute("select pg_logical_emit_message(false, 'ballast', repeat('x', 1048576))");
            }
        } catch (SQLException full) {
            return;
        }
    }

    private static Caused slow(LocalNode node) throws IOException, InterruptedException {
        SlowDisk slow = SlowDisk.under(node, DELAY);
        return caused(
                List.of(node),
                "held up, by " + DELAY.toMillis() + " ms each, the syncs of the server of",
                SLOW,
                slow::close);
    }
}
