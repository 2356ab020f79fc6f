package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A former primary acknowledges nothing once its successor was chosen. A confirmation that was sent before the seal may
 * still be on its way: an acknowledgement that it releases afterwards is harmless when every successor holds the write,
 * and only then allowed. In async nothing is allowed but what a paused host's guard needs to react.
 */
final class NoFormerPrimaryAcknowledges implements Checker {

    private final World world;
    private final Map<Long, List<LogRecord>> begins = new HashMap<>();
    private final Map<Long, Integer> acknowledging = new HashMap<>();

    NoFormerPrimaryAcknowledges(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "no former primary acknowledges";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                Disk disk = world.database(world.indexOf(grant.holder().node())).disk;
                if (disk.incarnation.equals(Optional.of(grant.holder().incarnation()))
                        && !world.destroyed()
                                .contains(grant.holder().incarnation().nonce())) {
                    int end = (int) (grant.boundary().position().value() / LogRecord.BYTES);
                    begins.put(
                            grant.epoch().number(), new ArrayList<>(disk.log().subList(0, Math.min(end, disk.end()))));
                }
            }
        }
    }

    @Override
    public void acknowledged(ClientWrite write) {
        Integer other = acknowledging.putIfAbsent(write.epoch, write.node);
        if (other != null && other != write.node) {
            world.checks().violated("one primary per epoch", "node " + other + " acknowledged in it before " + write);
        }
        long now = world.ledger().epoch().number();
        if (write.epoch >= now && world.ledger().running().isPresent()) {
            return;
        }
        if (write.under.mayLose()) {
            if (write.epoch < now && !world.faults().excusesLateAcknowledgement(write.node)) {
                world.checks().violated(promise(), write + " in async after epoch " + now + " was granted");
            }
            return;
        }
        for (long epoch = write.epoch + 1; epoch <= now; epoch++) {
            List<LogRecord> log = begins.get(epoch);
            if (log != null
                    && (write.position > log.size()
                            || log.get(write.position - 1).write() != write.number)) {
                world.checks()
                        .violated(promise(), write + " after epoch " + epoch + " was granted to a node without it");
                return;
            }
        }
    }
}
