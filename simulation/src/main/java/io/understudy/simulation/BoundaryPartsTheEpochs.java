package io.understudy.simulation;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.HashMap;
import java.util.Map;

/**
 * Every write of an epoch comes behind the boundary that its Grant recorded, by position and by transaction id: whoever asks after a failover
 * for an id of the former epoch is never answered with a transaction of the new one.
 */
final class BoundaryPartsTheEpochs implements Checker {

    private final World world;
    private final Map<Long, Boundary> boundaries = new HashMap<>();

    BoundaryPartsTheEpochs(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "the boundary parts the epochs";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                boundaries.put(grant.epoch().number(), grant.boundary());
            }
        }
    }

    @Override
    public void written(ClientWrite write) {
        Boundary boundary = boundaries.get(write.epoch);
        if (boundary == null) {
            return;
        }
        // In this model a transaction's id is the number of its record.
        if (write.position * LogRecord.BYTES <= boundary.position().value()
                || write.position < boundary.nextTransactionId()) {
            world.checks()
                    .violated(
                            promise(),
                            write + " is before the boundary of its own epoch: "
                                    + boundary.position() + ", next transaction "
                                    + boundary.nextTransactionId());
        }
    }
}
