package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.HashMap;
import java.util.Map;

/** Every tenure has a higher epoch and its own, higher timeline, and that is the one its server writes. */
final class EpochsAndTimelinesRise implements Checker {

    private final World world;
    private final Map<Integer, Integer> writers = new HashMap<>();

    EpochsAndTimelinesRise(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "epochs and timelines are unique and rise";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                TimelineStart last = before.lineage().getLast();
                if (grant.epoch().number() != before.epoch().number() + 1
                        || grant.timeline().number() <= last.timeline().number()) {
                    world.checks().violated(promise(), grant + " after " + last);
                }
            }
        }
    }

    @Override
    public void promoted(int node, int timeline, long epoch) {
        Integer other = writers.putIfAbsent(timeline, node);
        if (other != null) {
            world.checks()
                    .violated(
                            promise(),
                            "node " + node + " was promoted on timeline " + timeline + ", which node " + other
                                    + " was promoted on before");
        }
        if (world.epochOnTimeline(timeline) != epoch) {
            world.checks()
                    .violated(
                            promise(),
                            "node " + node + " writes timeline " + timeline + " in epoch " + epoch
                                    + ", the ledger gave it to epoch " + world.epochOnTimeline(timeline));
        }
    }
}
