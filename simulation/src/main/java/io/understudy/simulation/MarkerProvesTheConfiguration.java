package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.HashMap;
import java.util.Map;

/**
 * When older configurations are forgotten, and when a tenure opens, enough members of the new one have everything up to
 * and including the tenure's first record, and all that was acknowledged in the tenure: nothing unconfirmed is shown or used as proof, and
 * nothing that needed an older configuration is forgotten with it. A member whose disk was destroyed since is believed to have had it.
 */
final class MarkerProvesTheConfiguration implements Checker {

    private final World world;
    private final Map<Long, Integer> last = new HashMap<>();

    MarkerProvesTheConfiguration(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "opened and completed only after a confirmed marker";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        // What async acknowledged only a later marker protects: all that came before that is on the same log.
        if (!write.under.mayLose() && write.under.confirmations() > 0) {
            last.merge(write.epoch, write.position, Math::max);
        }
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.CompleteInSync complete) {
                completed(after, complete);
            } else if (command instanceof Command.Open
                    && before.inSync().isJoint()
                    && after.inSync().isJoint()) {
                world.checks().violated(promise(), after.epoch() + " was opened while " + after.inSync() + " is joint");
            }
        }
    }

    private void completed(ClusterState after, Command.CompleteInSync complete) {
        InSyncConfiguration target = after.inSync().target();
        Tenure held = after.tenure().orElseThrow();
        int began = (int) (held.boundary().position().value() / LogRecord.BYTES);
        int first = Math.max(began, last.getOrDefault(held.epoch().number(), 0) - 1);
        int timeline = held.timeline().number();
        long proved = target.members().stream()
                .filter(member -> has(member, first, timeline))
                .count();
        Database primary = world.database(world.indexOf(held.holder().node()));
        if (primary.state == Database.State.PRIMARY
                && !primary.isNobodysChild
                && primary.timelineToWrite == timeline
                && !primary.hasObeyed(Waiting.of(world, target))) {
            world.checks()
                    .violated(
                            promise(),
                            "change " + complete.change() + " to " + target
                                    + " was completed before every process of the server obeyed it");
        }
        if (proved < target.confirmations()) {
            world.checks()
                    .violated(
                            promise(),
                            "change " + complete.change() + " to " + target
                                    + " was completed, but only " + proved
                                    + " of its members have the log up to record " + first + ", which is of epoch "
                                    + held.epoch() + " and was acknowledged, or is its first");
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
