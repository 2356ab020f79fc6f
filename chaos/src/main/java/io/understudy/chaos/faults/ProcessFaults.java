package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;
import static io.understudy.chaos.faults.Scene.requireAny;
import static io.understudy.chaos.faults.Scene.start;

import io.understudy.agent.api.SwitchoverBody;
import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Processes that end, or stand still. */
final class ProcessFaults {

    private static final Duration NOTHING_TO_MEND = Duration.ofSeconds(2);

    /** How long an init system takes to start an agent again. */
    private static final Duration RESTART = Duration.ofMillis(500);

    private static final Duration AWAY = Duration.ofSeconds(3);

    /** Longer than a lease. */
    private static final Duration STILL = Duration.ofSeconds(8);

    private static final Duration STAGGER = Duration.ofSeconds(3);
    private static final Duration BACK = Duration.ofSeconds(30);

    private ProcessFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault("server-killed", "every process of the primary's server", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.killServer();
                    return caused(
                            List.of(primary), "killed every server process of", NOTHING_TO_MEND, ProcessFaults::none);
                }),
                new Fault("agent-killed", "the primary's agent alone", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.killAgent();
                    return caused(List.of(primary), "killed the agent of", RESTART, () -> start(List.of(primary)));
                }),
                new Fault("guard-killed", "the primary's guard alone", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.killGuard();
                    return caused(List.of(primary), "killed the guard of", NOTHING_TO_MEND, ProcessFaults::none);
                }),
                new Fault("agent-and-server-killed", "the primary's agent and server", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.stopAgent();
                    primary.killServer();
                    primary.killAgent();
                    return caused(
                            List.of(primary), "killed agent and server of", RESTART, () -> start(List.of(primary)));
                }),
                new Fault("host-killed", "everything of the primary's node", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.primary();
                    requireAny(List.of(primary));
                    primary.killEverything();
                    return caused(List.of(primary), "killed everything of", AWAY, () -> start(List.of(primary)));
                }),
                new Fault(
                        "primary-lost",
                        "everything of the primary's node, which stays away until another is primary",
                        Weight.LIGHT,
                        ProcessFaults::lost),
                new Fault("server-stopped", "the primary's server stands still", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.stopServer();
                    return caused(List.of(primary), "stopped the server of", STILL, primary::resumeEverything);
                }),
                new Fault(
                        "postmaster-stopped",
                        "the first process of the primary's server stands still",
                        Weight.LIGHT,
                        scene -> {
                            LocalNode primary = scene.runningPrimary();
                            primary.stopPostmaster();
                            return caused(
                                    List.of(primary), "stopped the postmaster of", STILL, primary::resumeEverything);
                        }),
                new Fault("agent-stopped", "the primary's agent stands still", Weight.LIGHT, scene -> {
                    LocalNode primary = scene.runningPrimary();
                    primary.stopAgent();
                    return caused(List.of(primary), "stopped the agent of", STILL, primary::resumeEverything);
                }),
                new Fault(
                        "host-stopped",
                        "everything of the primary's node stands still, and goes on later",
                        Weight.LIGHT,
                        scene -> {
                            LocalNode primary = scene.primary();
                            requireAny(List.of(primary));
                            primary.stopEverything();
                            return caused(List.of(primary), "stopped everything of", STILL, primary::resumeEverything);
                        }),
                new Fault("replica-killed", "everything of a replica's node", Weight.LIGHT, scene -> {
                    LocalNode replica = scene.replica();
                    requireAny(List.of(replica));
                    replica.killEverything();
                    return caused(List.of(replica), "killed everything of", AWAY, () -> start(List.of(replica)));
                }),
                new Fault(
                        "replicas-killed",
                        "everything of all replicas",
                        Weight.LIGHT,
                        scene -> killed(scene, scene.lab().replicas(), Duration.ZERO)),
                new Fault(
                        "primary-and-replica-killed",
                        "both at once",
                        Weight.LIGHT,
                        scene -> killed(scene, List.of(scene.primary(), scene.replica()), Duration.ZERO)),
                new Fault(
                        "primary-then-replica-killed",
                        "one after the other",
                        Weight.LIGHT,
                        scene -> killed(scene, List.of(scene.primary(), scene.replica()), scene.upTo(STAGGER))),
                new Fault(
                        "replica-then-primary-killed",
                        "one after the other",
                        Weight.LIGHT,
                        scene -> killed(scene, List.of(scene.replica(), scene.primary()), scene.upTo(STAGGER))),
                new Fault("raft-leader-killed", "the agent that leads the Raft group, alone", Weight.LIGHT, scene -> {
                    LocalNode leader = scene.raftLeader();
                    if (!leader.hasAgent()) {
                        throw new IOException("No agent of " + leader.id() + " runs: nobody would be hit");
                    }
                    leader.killAgent();
                    return caused(
                            List.of(leader),
                            "killed the Raft leader, the agent of",
                            RESTART,
                            () -> start(List.of(leader)));
                }),
                new Fault(
                        "primary-and-raft-leader-killed",
                        "both nodes at once",
                        Weight.LIGHT,
                        scene -> killed(scene, List.of(scene.primary(), scene.raftLeader()), Duration.ZERO)),
                new Fault(
                        "all-killed",
                        "everything of all nodes, and all start again",
                        Weight.LIGHT,
                        scene -> killed(scene, scene.lab().nodes(), Duration.ZERO)),
                new Fault(
                        "rolling-restart",
                        "every agent ended and started, one after the other",
                        Weight.HEAVY,
                        ProcessFaults::rollingRestart),
                new Fault("switchover", "a planned change of primary", Weight.LIGHT, ProcessFaults::switchover));
    }

    private static void none() {}

    /** A failover is asked for: nobody would be primary again by the node's own return. */
    private static Caused lost(Scene scene) throws IOException, InterruptedException, UnusableMachineException {
        LocalNode primary = scene.runningPrimary();
        long epoch = scene.lab().tenure().epoch();
        primary.killEverything();
        if (!scene.awaitOpenAfter(epoch, BACK)) {
            start(List.of(primary));
            throw new IOException("no other node was primary " + BACK.toSeconds() + " s after " + primary.id()
                    + " was killed, epoch " + epoch + " being the last");
        }
        return caused(
                List.of(primary),
                "let another take over from, everything of which was killed,",
                NOTHING_TO_MEND,
                () -> start(List.of(primary)));
    }

    private static Caused killed(Scene scene, List<LocalNode> nodes, Duration gap)
            throws IOException, InterruptedException, UnusableMachineException {
        List<LocalNode> different = nodes.stream().distinct().toList();
        requireAny(different);
        boolean first = true;
        for (LocalNode node : different) {
            if (!first) {
                scene.repairs().sleep(gap);
            }
            first = false;
            node.killEverything();
        }
        List<LocalNode> order = scene.shuffled(different);
        Duration pause = scene.upTo(STAGGER);
        return caused(
                different,
                gap.isZero() ? "killed everything of" : "killed, " + gap.toMillis() + " ms apart, everything of",
                AWAY,
                () -> {
                    for (LocalNode node : order) {
                        start(List.of(node));
                        Scene.sleep(pause.dividedBy(order.size()));
                    }
                });
    }

    /** As an operator does: the next when the last is back, or when that takes too long. */
    private static Caused rollingRestart(Scene scene)
            throws IOException, InterruptedException, UnusableMachineException {
        List<LocalNode> order = scene.shuffled(scene.lab().nodes());
        for (LocalNode node : order) {
            long told = System.nanoTime();
            scene.restartAgent(node);
            scene.repairs().await(BACK, () -> scene.lab().problems(told).isEmpty());
        }
        return caused(order, "restarted, one after the other, the agents of", Duration.ZERO, ProcessFaults::none);
    }

    private static Caused switchover(Scene scene) throws IOException, RequestRefusedException {
        LocalNode primary = scene.primary();
        List<LocalNode> asked = new ArrayList<>(scene.lab().replicas());
        asked.getFirst().agent().switchover(new SwitchoverBody(Optional.empty()));
        return caused(List.of(primary), "asked for a switchover away from", NOTHING_TO_MEND, ProcessFaults::none);
    }
}
