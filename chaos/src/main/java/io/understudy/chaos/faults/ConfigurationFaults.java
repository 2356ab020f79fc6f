package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;
import static io.understudy.chaos.faults.Scene.start;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Repair;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.lab.TakenPort;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** A replica that is started with something wrong, which is put right afterwards. */
final class ConfigurationFaults {

    private static final Duration WRONG = Duration.ofSeconds(5);

    private ConfigurationFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault("port-taken", "somebody else listens on a replica's port", Weight.HEAVY, scene -> {
                    LocalNode replica = scene.replica();
                    replica.killEverything();
                    TakenPort taken = TakenPort.of(replica, scene.lab().network());
                    try {
                        start(List.of(replica));
                    } catch (IOException failed) {
                        taken.close();
                        throw failed;
                    }
                    return caused(List.of(replica), "took the port of", WRONG, taken::close);
                }),
                spoilt(
                        "bad-configuration",
                        "a replica's configuration has a line that PostgreSQL does not understand",
                        "put a wrong line into the configuration of",
                        ConfigurationFaults::badLine),
                spoilt(
                        "wrong-version",
                        "a replica's data is of another PostgreSQL",
                        "called of another version the data of",
                        ConfigurationFaults::otherVersion),
                spoilt(
                        "wrong-directory",
                        "a replica's data directory is somebody else's",
                        "put somebody else's files in place of the data of",
                        ConfigurationFaults::otherDirectory),
                spoilt(
                        "wrong-password",
                        "a replica has another secret than the rest",
                        "gave another secret to",
                        ConfigurationFaults::otherSecret));
    }

    /** Spoils what a node, of which nothing runs, is to start with; what it returns puts it right. */
    @FunctionalInterface
    private interface Spoiling {
        Repair spoil(Lab lab, LocalNode node) throws IOException;
    }

    private static Fault spoilt(String name, String text, String done, Spoiling spoiling) {
        return new Fault(name, text, Weight.HEAVY, scene -> spoil(scene, spoiling, done));
    }

    private static Caused spoil(Scene scene, Spoiling spoiling, String done) throws IOException {
        LocalNode replica = scene.replica();
        replica.killEverything();
        Repair right = spoiling.spoil(scene.lab(), replica);
        start(List.of(replica));
        return caused(List.of(replica), done, WRONG, () -> {
            // As an operator would: what was wrong may have been read at the start only.
            replica.killEverything();
            right.run();
            start(List.of(replica));
        });
    }

    private static Repair badLine(Lab lab, LocalNode node) throws IOException {
        Path file = lab.data(node).resolve("postgresql.conf");
        byte[] before = Files.readAllBytes(file);
        Files.writeString(file, "\nno_such_setting = 'on'\n", StandardOpenOption.APPEND);
        return () -> overwrite(file, before);
    }

    private static Repair otherVersion(Lab lab, LocalNode node) throws IOException {
        Path file = lab.data(node).resolve("PG_VERSION");
        byte[] before = Files.readAllBytes(file);
        overwrite(file, "9.6\n".getBytes(StandardCharsets.US_ASCII));
        return () -> overwrite(file, before);
    }

    private static Repair otherDirectory(Lab lab, LocalNode node) throws IOException {
        Path data = lab.data(node);
        Path kept = data.resolveSibling("data-of-before");
        Files.move(data, kept);
        Files.createDirectory(data);
        Path notes = Files.writeString(data.resolve("notes.txt"), "Somebody keeps notes here.\n");
        return () -> {
            Files.delete(notes);
            Files.delete(data);
            Files.move(kept, data);
        };
    }

    private static Repair otherSecret(Lab lab, LocalNode node) throws IOException {
        Path file = lab.secret(node);
        byte[] before = Files.readAllBytes(file);
        byte[] other = before.clone();
        for (int i = 0; i < other.length; i++) {
            other[i] = (byte) (before[i] == 'a' ? 'b' : 'a');
        }
        overwrite(file, other);
        return () -> overwrite(file, before);
    }

    /** Owner and mode stay. */
    private static void overwrite(Path file, byte[] content) throws IOException {
        Files.write(file, content, StandardOpenOption.TRUNCATE_EXISTING);
    }
}
