package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;

/**
 * A tenure is not ended as one whose lease is over while its holder rightly believes in that lease: losing the Raft leader alone, or one
 * renewal, fences nobody.
 */
final class LeaseIsOverWhenRevoked implements Checker {

    /** For two clocks that run at different speeds for a lease. */
    private static final long ALLOWANCE = 200 * Agenda.MS;

    private final World world;

    LeaseIsOverWhenRevoked(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "a lease is over when it is revoked";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        if (proposal.rule().startsWith("C22")
                && proposal.commands().stream().anyMatch(command -> command instanceof Command.Revoke)) {
            revoked(before.tenure().orElseThrow());
        }
    }

    private void revoked(Tenure held) {
        int node = world.indexOf(held.holder().node());
        Guard guard = world.guard(node);
        long left = guard.left(held.epoch());
        // A suspended host's clock says nothing; its guard finds that out as soon as it goes on.
        if (left > ALLOWANCE
                && guard.process.isRunning()
                && !world.clock(node).stands()
                && !world.faults().excusesLateAcknowledgement(node)) {
            world.checks()
                    .violated(
                            promise(),
                            held.holder() + " may believe in its lease of epoch " + held.epoch() + " for another "
                                    + left / 1_000 + " ms");
        }
    }
}
