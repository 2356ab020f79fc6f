package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.command.Command;
import java.util.Optional;

/** Ask for switchovers and for other settings at any time. */
final class Operators {

    private final World world;

    Operators(World world) {
        this.world = world;
    }

    void switchover(Chance luck) {
        int target = luck.below(world.size() + 1);
        ask(new Command.RequestSwitchover(target == world.size() ? Optional.empty() : Optional.of(world.id(target))));
    }

    void changeSettings(Chance luck) {
        Settings now = world.ledger().settings();
        ReplicationMode mode = ReplicationMode.values()[luck.below(3)];
        ask(new Command.ChangeSettings(new Settings(
                mode,
                1 + luck.below(2),
                1 + luck.below(2),
                luck.chance(0.3) ? Settings.OnShortage.DEGRADE : Settings.OnShortage.WAIT,
                now.lease(),
                now.maxFailoverLagBytes())));
    }

    private void ask(Command command) {
        world.trace().note(-1, "FAULT", "operator: " + command);
        for (int node = 0; node < world.size(); node++) {
            if (world.raft(node).leads() && world.agent(node).process.isRunning()) {
                world.agent(node).operator(command);
            }
        }
    }
}
