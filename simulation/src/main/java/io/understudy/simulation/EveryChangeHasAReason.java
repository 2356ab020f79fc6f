package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;

/** Who was chosen, by what rule and why, is on record for every change of primary. */
final class EveryChangeHasAReason implements Checker {

    private final World world;

    EveryChangeHasAReason(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "every change of primary has a reason";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant
                    && after.change(grant.epoch())
                            .filter(change -> !change.rule().isBlank()
                                    && !change.reason().isBlank()
                                    && change.grantReason()
                                            .filter(why -> !why.isBlank())
                                            .isPresent()
                                    && change.boundary().isPresent())
                            .isEmpty()) {
                world.checks().violated(promise(), "the history has " + after.change(grant.epoch()));
            }
        }
    }
}
