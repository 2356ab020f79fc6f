package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.lab.LabNetwork;
import io.understudy.chaos.lab.LabNetwork.Cut;
import io.understudy.chaos.lab.LabNetwork.Direction;
import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Packets that vanish, in every direction. */
final class NetworkFaults {

    /** Longer than a lease and an election. */
    private static final Duration CUT = Duration.ofSeconds(8);

    private NetworkFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault(
                        "primary-cut-off",
                        "nothing reaches the primary's node or leaves it",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.primary(), Direction.BOTH, "cut off")),
                new Fault(
                        "primary-hears-nothing",
                        "nothing reaches the primary's node",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.primary(), Direction.INBOUND, "dropped what is sent to")),
                new Fault(
                        "primary-is-not-heard",
                        "nothing leaves the primary's node",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.primary(), Direction.OUTBOUND, "dropped what is sent by")),
                new Fault(
                        "primary-cut-from-clients", "clients cannot reach the primary's node", Weight.LIGHT, scene -> {
                            LabNetwork network = scene.lab().network();
                            LocalNode primary = scene.primary();
                            Cut cut = network.cutFromClients(primary.id());
                            return caused(List.of(primary), "cut from its clients", CUT, cut::end);
                        }),
                new Fault(
                        "primary-cut-from-replicas",
                        "the primary has clients and no replica, so it returns with transactions of its own",
                        Weight.LIGHT,
                        scene -> between(scene, scene.primary(), scene.lab().replicas(), "cut from its replicas")),
                new Fault(
                        "replica-cut-off",
                        "nothing reaches a replica's node or leaves it",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.replica(), Direction.BOTH, "cut off")),
                new Fault(
                        "replica-hears-nothing",
                        "nothing reaches a replica's node",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.replica(), Direction.INBOUND, "dropped what is sent to")),
                new Fault(
                        "replica-is-not-heard",
                        "nothing leaves a replica's node",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.replica(), Direction.OUTBOUND, "dropped what is sent by")),
                new Fault(
                        "replica-cut-from-primary",
                        "a replica is heard by all but the primary",
                        Weight.LIGHT,
                        scene -> between(scene, scene.replica(), List.of(scene.primary()), "cut from the primary")),
                new Fault(
                        "raft-leader-cut-off",
                        "nothing reaches the Raft leader's node or leaves it",
                        Weight.LIGHT,
                        scene -> cut(scene, scene.raftLeader(), Direction.BOTH, "cut off the Raft leader")),
                new Fault(
                        "raft-leader-hears-nothing",
                        "nothing reaches the Raft leader's node",
                        Weight.LIGHT,
                        scene -> cut(
                                scene,
                                scene.raftLeader(),
                                Direction.INBOUND,
                                "dropped what is sent to the Raft leader")),
                new Fault(
                        "raft-leader-is-not-heard",
                        "nothing leaves the Raft leader's node",
                        Weight.LIGHT,
                        scene -> cut(
                                scene,
                                scene.raftLeader(),
                                Direction.OUTBOUND,
                                "dropped what is sent by the Raft leader")),
                new Fault("all-cut-off", "no node hears another", Weight.LIGHT, NetworkFaults::everybody));
    }

    private static Caused cut(Scene scene, LocalNode node, Direction direction, String text)
            throws IOException, InterruptedException {
        LabNetwork network = scene.lab().network();
        Cut cut = network.cut(node.id(), direction);
        return caused(List.of(node), text, CUT, cut::end);
    }

    private static Caused between(Scene scene, LocalNode node, List<LocalNode> others, String text)
            throws IOException, InterruptedException {
        LabNetwork network = scene.lab().network();
        Cut cut = network.cut(node.id(), ids(others));
        return caused(List.of(node), text, CUT, cut::end);
    }

    private static Caused everybody(Scene scene) throws IOException, InterruptedException {
        LabNetwork network = scene.lab().network();
        List<LocalNode> nodes = scene.lab().nodes();
        List<Cut> cuts = new ArrayList<>();
        try {
            for (LocalNode node : nodes) {
                List<LocalNode> others =
                        nodes.stream().filter(other -> !other.equals(node)).toList();
                cuts.add(network.cut(node.id(), ids(others)));
            }
        } catch (IOException failed) {
            endAll(cuts);
            throw failed;
        }
        return caused(nodes, "cut from each other", CUT, () -> {
            Collections.shuffle(cuts, scene.random());
            endAll(cuts);
        });
    }

    private static void endAll(List<Cut> cuts) throws IOException, InterruptedException {
        for (Cut cut : cuts) {
            cut.end();
        }
    }

    private static List<NodeId> ids(List<LocalNode> nodes) {
        return nodes.stream().map(LocalNode::id).toList();
    }
}
