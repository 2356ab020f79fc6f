package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;

/**
 * When older configurations are forgotten, and when a tenure opens, enough members of the new one have everything up to
 * and including the tenure's first record: nothing unconfirmed is shown or used as proof. A member whose disk was
 * destroyed since is believed to have had it.
 */
final class MarkerProvesTheConfiguration implements Checker {

    private final World world;

    MarkerProvesTheConfiguration(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "opened and completed only after a confirmed marker";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.CompleteInSync complete) {
                completed(after, complete);
            }
        }
    }

    private void completed(ClusterState after, Command.CompleteInSync complete) {
        InSyncConfiguration target = after.inSync().target();
        Tenure held = after.tenure().orElseThrow();
        int first = (int) (held.boundary().position().value() / LogRecord.BYTES);
        int timeline = held.timeline().number();
        long proved = target.members().stream()
                .filter(member -> has(member, first, timeline))
                .count();
        if (proved < target.confirmations()) {
            world.checks()
                    .violated(
                            promise(),
                            "change " + complete.change() + " to " + target
                                    + " was completed, but only " + proved
                                    + " of its members have the first record of epoch "
                                    + held.epoch());
        }
    }

    private boolean has(Member member, int first, int timeline) {
        if (world.destroyed().contains(member.incarnation().nonce())) {
            return true;
        }
        Disk disk = world.database(world.indexOf(member.node())).disk;
        // The database confirms by name: a later life of the member's data has everything too, it only does not vote.
        return disk.incarnation.isPresent()
                && disk.flushed() > first
                && disk.log().get(first).timeline() == timeline;
    }
}
