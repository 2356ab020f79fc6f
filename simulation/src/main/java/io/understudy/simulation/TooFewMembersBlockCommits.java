package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;

/**
 * No configuration with fewer members than {@code min-in-sync} is one that a commit could pass; only {@code on-shortage: degrade} gives the
 * promise up, and that is recorded. What was decided for settings that changed in the same moment is not looked at.
 */
final class TooFewMembersBlockCommits implements Checker {

    private final World world;
    private long settingsSince = -Agenda.SECOND;

    TooFewMembersBlockCommits(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "too few members block commits";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        if (!before.settings().equals(after.settings())) {
            settingsSince = world.agenda().now();
        }
        if (world.agenda().now() - settingsSince < 5 * Agenda.SECOND) {
            return;
        }
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                judge(grant.target(), after);
            } else if (command instanceof Command.ChangeInSync change) {
                judge(change.target(), after);
            }
        }
    }

    private void judge(InSyncConfiguration target, ClusterState ledger) {
        boolean waits = !target.waitsForNobody() && !target.blocksCommits();
        if (ledger.settings().mode() != ReplicationMode.ASYNC
                && waits
                && target.members().size() < ledger.settings().minInSync()) {
            world.checks()
                    .violated(
                            promise(),
                            target + " was decided on, and min-in-sync is "
                                    + ledger.settings().minInSync());
        }
    }
}
