package io.understudy.chaos.steps;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * One performance of a scenario, on a cluster that is whole.
 *
 * @param roles of the nodes that are looked at
 * @param phases one after the other
 * @param check looked at when all is whole again; what is wrong, in words
 */
record Play(Map<NodeId, String> roles, List<Phase> phases, Check check) {

    Play {
        roles = Map.copyOf(roles);
        phases = List.copyOf(phases);
    }

    Play(Map<NodeId, String> roles, List<Phase> phases) {
        this(roles, phases, () -> List.of());
    }

    /**
     * A part of it.
     *
     * @param text what is done, in words
     * @param over whether all that follows from it by itself has happened
     */
    record Phase(String text, Doing doing, BooleanSupplier over) {}

    /** What is done to the cluster. */
    interface Doing {
        void run(Watch watch) throws IOException, InterruptedException;
    }

    interface Check {
        List<String> problems() throws IOException, InterruptedException;
    }
}
