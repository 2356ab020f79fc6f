package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.ReplicationMode;

/**
 * While a tenure runs, what its primary waits for is one of the configurations that the ledger calls possible, and so many members of one
 * of them have what was acknowledged as it says.
 */
final class AcknowledgedAsTheLedgerSays implements Checker {

    private final World world;

    AcknowledgedAsTheLedgerSays(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "acknowledged as the ledger says";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        ClusterState ledger = world.ledger();
        if (ledger.epoch().number() != write.epoch) {
            return;
        }
        for (InSyncConfiguration possible : ledger.inSync().possible()) {
            if (possible.confirmations() == write.under.confirmations()
                    && Waiting.names(world, possible) == write.under.names()
                    && (possible.mode() == ReplicationMode.SYNC) == write.under.applied()) {
                confirmed(write, ledger);
                return;
            }
        }
        world.checks()
                .violated(promise(), write + ", possible are " + ledger.inSync().possible());
    }

    private void confirmed(ClientWrite write, ClusterState ledger) {
        boolean isEnough = ledger.inSync().possible().stream()
                .anyMatch(possible -> possible.members().stream()
                                .filter(member -> has(member, write))
                                .count()
                        >= possible.confirmations());
        if (!isEnough) {
            world.checks()
                    .violated(
                            promise(),
                            write + " is on too few disks for any of "
                                    + ledger.inSync().possible());
        }
    }

    /** A disk that was lost since, or set aside, is believed to have had it. */
    private boolean has(Member member, ClientWrite write) {
        Disk disk = world.database(world.indexOf(member.node())).disk;
        return world.destroyed().contains(member.incarnation().nonce())
                || disk.incarnation
                        .filter(life -> !world.destroyed().contains(life.nonce()))
                        .isEmpty()
                || (disk.flushed() >= write.position && NothingAcknowledgedIsLost.holds(disk, write));
    }
}
