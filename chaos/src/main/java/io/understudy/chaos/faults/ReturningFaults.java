package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;
import static io.understudy.chaos.faults.Scene.start;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.lab.Trees;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Nodes that return with something else than what they left with. */
final class ReturningFaults {

    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final Duration WRITING = Duration.ofSeconds(3);
    private static final Duration WITHOUT_DATA = Duration.ofSeconds(12);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private ReturningFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault(
                        "replica-returns-empty",
                        "a replica comes back without its data",
                        Weight.HEAVY,
                        scene -> empty(scene.lab(), scene.replica())),
                new Fault(
                        "primary-returns-empty",
                        "the primary comes back without its data",
                        Weight.HEAVY,
                        scene -> empty(scene.lab(), scene.primary())),
                new Fault(
                        "replica-returns-from-backup",
                        "a replica comes back with an older copy of its data",
                        Weight.HEAVY,
                        scene -> restored(scene, scene.replica())),
                new Fault(
                        "replica-returns-on-old-epoch",
                        "a replica comes back after two changes of primary",
                        Weight.HEAVY,
                        ReturningFaults::late),
                new Fault(
                        "only-old-data-returns",
                        "a replica that was away for long comes back without the primary, beside one that lost its data",
                        Weight.HEAVY,
                        ReturningFaults::onlyOldData));
    }

    private static Caused empty(Lab lab, LocalNode node) throws IOException {
        node.killEverything();
        Trees.delete(lab.data(node));
        return caused(List.of(node), "ended everything, and deleted the data, of", AWAY, () -> start(List.of(node)));
    }

    private static Caused restored(Scene scene, LocalNode node)
            throws IOException, InterruptedException, UnusableMachineException {
        Lab lab = scene.lab();
        Path backup = lab.aside("backup-of-" + node.id());
        node.killEverything();
        Trees.delete(backup);
        Trees.copy(lab.data(node), backup);
        long started = System.nanoTime();
        node.start();
        scene.repairs().await(PATIENCE, () -> lab.problems(started).isEmpty());
        scene.repairs().sleep(WRITING);
        node.killEverything();
        Trees.delete(lab.data(node));
        Trees.copy(backup, lab.data(node));
        Trees.delete(backup);
        return caused(
                List.of(node),
                "ended everything, and put an older copy in place of the data, of",
                AWAY,
                () -> start(List.of(node)));
    }

    private static Caused late(Scene scene) throws IOException, InterruptedException, UnusableMachineException {
        LocalNode replica = scene.replica();
        replica.killEverything();
        for (int change = 0; change < 2; change++) {
            long epoch = scene.lab().tenure().epoch();
            // The other replica has to be there and streaming, else the same node is primary again.
            boolean streaming = scene.repairs()
                    .await(
                            PATIENCE,
                            () -> scene.lab().replicas().stream().anyMatch(other -> isStreaming(scene.lab(), other)));
            if (streaming) {
                scene.primary().killServer();
            }
            if (!streaming || !scene.awaitOpenAfter(epoch, PATIENCE)) {
                start(List.of(replica));
                throw new IOException("epoch " + epoch + " was not followed by another within " + PATIENCE.toSeconds()
                        + " s, " + replica.id() + " being away"
                        + (streaming ? "" : ": the other replica did not stream"));
            }
        }
        if (replica.hasAgent()) {
            throw new IOException(replica.id()
                    + " was started again, by the repair of another fault, before two primaries had failed");
        }
        return caused(
                List.of(replica), "let two primaries fail in the absence of", AWAY, () -> start(List.of(replica)));
    }

    /** Nobody may take over then, unless the mode allows it: the primary has what nobody else has any more. */
    private static Caused onlyOldData(Scene scene) throws IOException, InterruptedException, UnusableMachineException {
        Lab lab = scene.lab();
        LocalNode primary = scene.runningPrimary();
        LocalNode old = scene.replica();
        old.killEverything();
        if (!scene.repairs().await(PATIENCE, () -> !isInSync(lab, old))) {
            start(List.of(old));
            throw new IOException(
                    old.id() + " was in the in-sync set " + PATIENCE.toSeconds() + " s after it was killed");
        }
        scene.repairs().sleep(WRITING);
        List<LocalNode> others =
                lab.nodes().stream().filter(node -> !node.equals(old)).toList();
        for (LocalNode node : others) {
            node.killEverything();
        }
        List<LocalNode> back = new ArrayList<>(List.of(old));
        for (LocalNode node : others) {
            if (!node.equals(primary)) {
                Trees.delete(lab.data(node));
                back.add(node);
            }
        }
        start(back);
        return caused(
                List.of(old),
                "ended everything, and let no node with new data come back before, the old copy of",
                WITHOUT_DATA,
                () -> start(others));
    }

    private static boolean isInSync(Lab lab, LocalNode node) {
        return lab.watch().newest().stream()
                .flatMap(view -> view.inSync().stream())
                .flatMap(set -> set.possible().stream())
                .anyMatch(set -> set.members().contains(node.id().name()));
    }

    private static boolean isStreaming(Lab lab, LocalNode node) {
        return lab.watch().newest().stream()
                .flatMap(view -> view.nodes().stream())
                .anyMatch(view -> view.node().equals(node.id().name()) && view.streaming());
    }
}
