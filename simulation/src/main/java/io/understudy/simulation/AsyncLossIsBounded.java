package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * In async a failover loses only the end of the former primary's log. Of what was acknowledged more than a lease and a
 * second before the last lost acknowledgement it loses no more than {@code max-failover-lag}; younger writes may be such
 * as a primary that is not heard any more makes until its lease is over, and nobody can know of them. Not judged is a
 * Grant by a Raft leader that never heard the former primary: with the former leader the knowledge of its end was lost. Nor one after the
 * former primary's data was lost: its node reports again without it, and what it had reported before is forgotten.
 */
final class AsyncLossIsBounded implements Checker {

    private final World world;
    private final List<ClientWrite> alive = new ArrayList<>();

    AsyncLossIsBounded(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "async loses no more than max-failover-lag";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        // What a former primary still acknowledged is judged elsewhere.
        if (write.under.mayLose() && write.epoch == world.ledger().epoch().number()) {
            alive.add(write);
        }
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                granted(grant, before);
            }
        }
    }

    private void granted(Command.Grant grant, ClusterState before) {
        Member holder = grant.holder();
        Disk disk = world.database(world.indexOf(holder.node())).disk;
        // A Grant may be committed long after it was proposed, on data that was lost meanwhile: it is never taken up.
        if (!disk.incarnation.equals(Optional.of(holder.incarnation()))
                || world.destroyed().contains(holder.incarnation().nonce())) {
            return;
        }
        int end = (int) (grant.boundary().position().value() / LogRecord.BYTES);
        long lastLostAt = alive.stream()
                .filter(write -> write.position > end || !NothingAcknowledgedIsLost.holds(disk, write))
                .mapToLong(write -> write.acknowledgedAt)
                .max()
                .orElse(0);
        long reportable = lastLostAt - before.settings().lease().toNanos() / 1_000 - Agenda.SECOND;
        int lastLost = end;
        for (ClientWrite write : List.copyOf(alive)) {
            if (write.position > end || !NothingAcknowledgedIsLost.holds(disk, write)) {
                alive.remove(write);
                if (write.position <= end) {
                    world.checks()
                            .violated("async loses only the end", write + " is lost, the log was kept up to " + end);
                } else if (write.acknowledgedAt < reportable) {
                    lastLost = Math.max(lastLost, write.position);
                }
            }
        }
        boolean formerDataIsLost = before.tenure()
                .filter(former ->
                        world.destroyed().contains(former.holder().incarnation().nonce()))
                .isPresent();
        if (formerDataIsLost) {
            return;
        }
        long lost = (lastLost - end) * LogRecord.BYTES;
        if (lost > before.settings().maxFailoverLagBytes()
                && !leaderHeard(before.tenure().orElseThrow())) {
            world.coverage().crashed("async: the end of the former primary's log was not known");
        } else if (lost > before.settings().maxFailoverLagBytes()) {
            world.checks()
                    .violated(
                            promise(),
                            "epoch " + grant.epoch() + " begins on " + holder + " at record " + end
                                    + ", " + lost + " bytes before what was acknowledged long ago; the limit is "
                                    + before.settings().maxFailoverLagBytes());
        }
    }

    private boolean leaderHeard(Tenure former) {
        for (int node = 0; node < world.size(); node++) {
            if (world.raft(node).isReady() && world.agent(node).heardAsPrimary(former.timeline())) {
                return true;
            }
        }
        return false;
    }
}
