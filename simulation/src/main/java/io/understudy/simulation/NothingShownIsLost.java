package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an open primary shows of the past, and proves commits by, is there in every later epoch: once a tenure is open under a
 * configuration that waits for somebody, no Grant goes to a node that lacks anything that the tenure began with.
 */
final class NothingShownIsLost implements Checker {

    /** The first record of a tenure that opened; with the same one at the same place, all before it is the same. */
    private record Shown(long epoch, int index, LogRecord first) {}

    private final World world;
    private final List<Shown> shown = new ArrayList<>();

    NothingShownIsLost(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "nothing shown is lost";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Open) {
                opened(after.tenure().orElseThrow(), after.inSync().target());
            } else if (command instanceof Command.CompleteInSync
                    && after.inSync().target().mode() == ReplicationMode.ASYNC) {
                // From now on the end of the log may be lost, by the operator's word.
                shown.clear();
            } else if (command instanceof Command.Grant grant) {
                granted(grant);
            }
        }
    }

    private void opened(Tenure tenure, InSyncConfiguration configuration) {
        int index = (int) (tenure.boundary().position().value() / LogRecord.BYTES);
        disk(tenure.holder())
                .filter(disk -> configuration.confirmations() > 0 && disk.end() > index)
                .ifPresent(disk -> shown.add(
                        new Shown(tenure.epoch().number(), index, disk.log().get(index))));
    }

    private void granted(Command.Grant grant) {
        int end = (int) (grant.boundary().position().value() / LogRecord.BYTES);
        disk(grant.holder()).ifPresent(disk -> {
            for (Shown past : shown) {
                if (past.index >= Math.min(end, disk.end()) || disk.log().get(past.index) != past.first) {
                    world.checks()
                            .violated(
                                    promise(),
                                    grant.holder() + " was granted epoch " + grant.epoch() + " without what epoch "
                                            + past.epoch + " had shown");
                    return;
                }
            }
        });
    }

    /** Its data, while it is the life that the ledger means. */
    private Optional<Disk> disk(Member member) {
        Disk disk = world.database(world.indexOf(member.node())).disk;
        return disk.incarnation.equals(Optional.of(member.incarnation()))
                        && !world.destroyed().contains(member.incarnation().nonce())
                ? Optional.of(disk)
                : Optional.empty();
    }
}
