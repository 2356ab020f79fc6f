package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineStart;
import java.util.List;
import java.util.Optional;

/** A quarantined log really holds something that the primary's does not: setting one aside takes back what it confirmed. */
final class NothingIsSetAsideWithoutNeed implements Checker {

    private final World world;

    NothingIsSetAsideWithoutNeed(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "nothing is set aside without need";
    }

    @Override
    public void quarantined(int node, List<LogRecord> log, List<TimelineStart> lineage, Optional<Receipt> receipt) {
        ClusterState ledger = world.ledger();
        // Nobody can tell a server that ran writable out of turn and wrote nothing from one that wrote.
        if (ledger.running().isEmpty() || log.isEmpty() || world.database(node).disk.strayed) {
            return;
        }
        Tenure held = ledger.running().get();
        Database primary = world.database(world.indexOf(held.holder().node()));
        if (primary.state == Database.State.PRIMARY
                && primary.timelineToWrite == held.timeline().number()
                && log.size() <= primary.disk.end()
                && primary.disk.log().get(log.size() - 1) == log.getLast()) {
            world.checks()
                    .violated(
                            promise(),
                            "node n" + (node + 1) + " set aside a log of " + log.size()
                                    + " records that are all the primary's");
        }
    }
}
