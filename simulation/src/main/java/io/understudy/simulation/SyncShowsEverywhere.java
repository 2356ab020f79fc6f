package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;

/**
 * What is acknowledged while {@code sync} is in force every in-sync replica has applied: who reads there sees it. A replica that does not
 * receive from that primary any more, because it has ended or was told to, is not looked at.
 */
final class SyncShowsEverywhere implements Checker {

    private final World world;

    SyncShowsEverywhere(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "sync shows it on every in-sync replica";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        boolean sync = world.ledger().epoch().number() == write.epoch
                && !world.ledger().inSync().isJoint()
                && world.ledger().inSync().target().mode() == ReplicationMode.SYNC
                && !world.ledger().inSync().target().isDegraded();
        if (!sync) {
            return;
        }
        int names = Waiting.names(world, world.ledger().inSync().target());
        for (int node = 0; node < world.size(); node++) {
            Database replica = world.database(node);
            boolean receives = replica.state == Database.State.STANDBY
                    && replica.receiver
                            .filter(connection -> connection.from.node == write.node)
                            .isPresent();
            if ((names & 1 << node) != 0 && receives && replica.replayed < write.position) {
                world.checks()
                        .violated(
                                promise(),
                                "n" + (node + 1) + " has applied " + replica.replayed + " records of " + write);
            }
        }
    }
}
