package io.understudy.simulation;

import io.understudy.core.reconciler.LocalObservation;
import java.util.Optional;

/** The server's parent: kills it when the deadline passes, whatever the agent does. Its clock is the node's own. */
final class Guard {

    private final World world;
    private final int node;
    final SimulatedProcess process;
    private Optional<LocalObservation.Lease> held = Optional.empty();
    private long deadline;

    Guard(World world, int node, SimulatedProcess process) {
        this.world = world;
        this.node = node;
        this.process = process;
    }

    /** @param until on the node's own clock */
    void extend(io.understudy.core.cluster.Epoch epoch, long until) {
        if (!process.isAlive()) {
            return;
        }
        if (held.isPresent() && held.get().epoch().equals(epoch) && until <= deadline) {
            return;
        }
        if (held.isPresent() && epoch.isBefore(held.get().epoch())) {
            return;
        }
        held = Optional.of(new LocalObservation.Lease(epoch, true));
        deadline = until;
        watch(until);
    }

    private void watch(long until) {
        process.in(world.clock(node).untilReads(until), () -> {
            if (held.isPresent() && deadline == until) {
                // Reacting takes a moment, in which the server goes on.
                process.in(world.agenda().between(200, 15 * Agenda.MS), () -> {
                    if (held.isPresent() && deadline == until) {
                        world.database(node).die("the guard's deadline passed");
                    }
                });
            }
        });
    }

    void disarm() {
        held = Optional.empty();
    }

    Optional<LocalObservation.Lease> lease() {
        return held.map(lease ->
                new LocalObservation.Lease(lease.epoch(), world.clock(node).reads() < deadline));
    }
}
