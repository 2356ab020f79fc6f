package io.understudy.chaos.faults;

import static io.understudy.chaos.faults.Scene.caused;
import static io.understudy.chaos.faults.Scene.start;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.lab.Clocks;
import io.understudy.chaos.lab.Lab;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Clocks that jump, and machines whose monotonic clock begins anew. */
final class ClockFaults {

    private static final Duration AHEAD = Duration.ofHours(1);
    private static final Duration BEHIND = Duration.ofHours(-2);

    /** Longer than a lease. */
    private static final Duration EACH = Duration.ofSeconds(4);

    private static final Duration UPTIME = Duration.ofDays(40);
    private static final Duration SETTLING = Duration.ofSeconds(3);

    private ClockFaults() {}

    static List<Fault> all() {
        return List.of(
                new Fault(
                        "primary-clock-jumps",
                        "the wall clock of the primary's agent jumps an hour ahead, then two back",
                        Weight.HEAVY,
                        scene -> jump(scene, scene.primary())),
                new Fault(
                        "raft-leader-clock-jumps",
                        "the wall clock of the Raft leader's agent jumps an hour ahead, then two back",
                        Weight.HEAVY,
                        scene -> jump(scene, scene.raftLeader())),
                new Fault(
                        "host-rebooted",
                        "everything of the primary's node ends, and its monotonic clock begins elsewhere",
                        Weight.LIGHT,
                        scene -> reboot(scene.lab(), scene.primary())));
    }

    private static Caused jump(Scene scene, LocalNode node)
            throws IOException, InterruptedException, UnusableMachineException {
        Lab lab = scene.lab();
        // One without a guard would have it started by the agent whose clock is moved.
        Scene.requireRunning(node);
        Path clock = lab.aside("clock-of-" + node.id());
        lab.clocks().useWallClock(node, clock);
        try {
            scene.restartAgent(node);
        } catch (IOException failed) {
            lab.clocks().useUsualWallClock(node);
            throw failed;
        }
        scene.repairs().sleep(SETTLING);
        Clocks.move(clock, AHEAD);
        scene.repairs().sleep(EACH);
        Clocks.move(clock, BEHIND);
        return caused(
                List.of(node), "moved the wall clock an hour ahead and then two back, under the agent of", EACH, () -> {
                    Clocks.move(clock, Duration.ZERO);
                    lab.clocks().useUsualWallClock(node);
                    scene.restartAgent(node);
                    if (lab.clocks().isMoved(node)) {
                        // Another fault ended the guard meanwhile: the one that runs now would keep the clock for good.
                        node.killEverything();
                        start(List.of(node));
                    }
                });
    }

    private static Caused reboot(Lab lab, LocalNode node) throws IOException, UnusableMachineException {
        node.killEverything();
        lab.clocks().addUptime(node, UPTIME);
        return caused(
                List.of(node),
                "ended everything, and moved the monotonic clock, of",
                SETTLING,
                () -> start(List.of(node)));
    }
}
