package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Proposal;

/**
 * A cluster that is well keeps its primary, also when a replica ends. Not looked at is the end of one that led Raft: its successor is now
 * and then elected at the second try only, and the primary's lease may be over by then.
 */
final class CalmChangesNothing implements Checker {

    private final World world;
    private boolean well;

    CalmChangesNothing(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "a cluster that is well keeps its primary";
    }

    @Override
    public void well() {
        well = true;
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        if (well
                && !world.faults().lostRaftLeader()
                && before.running().isPresent()
                && after.running().isEmpty()) {
            world.checks().violated(promise(), proposal.rule() + ": " + proposal.reason());
        }
    }
}
