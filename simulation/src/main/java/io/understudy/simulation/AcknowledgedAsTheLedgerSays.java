package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.ReplicationMode;

/** While a tenure runs, what its primary waits for is one of the configurations that the ledger calls possible. */
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
                return;
            }
        }
        world.checks()
                .violated(promise(), write + ", possible are " + ledger.inSync().possible());
    }
}
