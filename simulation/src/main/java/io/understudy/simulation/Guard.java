package io.understudy.simulation;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.reconciler.LocalObservation;
import java.util.Optional;

/** The server's parent: kills it when the deadline passes, whatever the agent does. Its clock is the node's own. */
final class Guard {

    private static final long LONG_AGO = Long.MIN_VALUE / 2;

    /** As long as is allowed for. */
    static final long REACTION = 50 * Agenda.MS;

    private final World world;
    private final int node;
    final SimulatedProcess process;
    private Optional<LocalObservation.Lease> held = Optional.empty();
    private long deadline;
    /** Acted on for the last time: it is over here for good, whatever lease is brought for it later. */
    private Optional<Epoch> spent = Optional.empty();

    Guard(World world, int node, SimulatedProcess process) {
        this.world = world;
        this.node = node;
        this.process = process;
    }

    /** @param until on the node's own clock */
    void extend(Epoch epoch, long until) {
        process.now(() -> take(epoch, until));
    }

    /** While it stands still a lease waits to be read; when it goes on, the deadline that passed meanwhile comes first. */
    private void take(Epoch epoch, long until) {
        if (held.isPresent()
                && !spent.equals(Optional.of(held.get().epoch()))
                && world.clock(node).reads() >= deadline) {
            return;
        }
        if (spent.filter(over -> !over.isBefore(epoch)).isPresent()) {
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
            if (held.isEmpty() || deadline != until) {
                return;
            }
            if (world.clock(node).reads() < until) {
                watch(until);
            } else {
                // Reacting takes a moment, in which the server goes on.
                process.in(world.agenda().between(200, REACTION), () -> {
                    if (held.isPresent() && deadline == until) {
                        spent = Optional.of(held.get().epoch());
                        world.database(node).die("the guard's deadline passed");
                    }
                });
            }
        });
    }

    /** Its two clocks went different ways: nobody knows how much of the lease is left, so nothing is. */
    void clocksParted() {
        process.in(world.agenda().between(200, REACTION), () -> {
            if (held.isPresent()) {
                held = Optional.of(new LocalObservation.Lease(held.get().epoch(), false));
                deadline = LONG_AGO;
                spent = Optional.of(held.get().epoch());
                world.database(node).die("the guard's clocks parted");
            }
        });
    }

    /** For how long it lets the server of {@code epoch} be; 0 when it does not. */
    long left(Epoch epoch) {
        return held.filter(lease -> lease.epoch().equals(epoch)).isPresent()
                ? Math.max(0, deadline - world.clock(node).reads())
                : 0;
    }

    void disarm() {
        held = Optional.empty();
    }

    Optional<LocalObservation.Lease> lease() {
        return held.map(lease ->
                new LocalObservation.Lease(lease.epoch(), world.clock(node).reads() < deadline));
    }
}
