package io.understudy.simulation;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What an agent sees of the model of its database. */
final class Observation {

    /** A server that did not answer for so long is seen to be stuck. */
    private static final long STUCK = 300 * Agenda.MS;

    private Observation() {}

    static LocalObservation of(
            World world, Database database, InSyncProgress progress, Optional<LocalObservation.Lease> lease) {
        Disk disk = database.disk;
        Data data = database.misplaced
                ? new Data.Foreign("somebody else's files are where the data was")
                : disk.incarnation.<Data>map(Data.Ours::new).orElseGet(Data.Empty::new);
        return new LocalObservation(
                data, disk.promised, disk.lineage, disk.highestReported(), server(world, database, progress), lease);
    }

    private static Server server(World world, Database database, InSyncProgress progress) {
        long now = world.agenda().now();
        if (database.state == Database.State.GONE) {
            return new Server.Gone(database.disk.cleanStop, database.problem);
        }
        if (database.server.isPaused() && now - database.server.pausedSince() > STUCK) {
            return new Server.Stuck(Duration.ofNanos((now - database.server.pausedSince()) * 1_000));
        }
        if (database.orphaned && now - database.orphanedSince > STUCK) {
            return new Server.Stuck(Duration.ofNanos((now - database.orphanedSince) * 1_000));
        }
        return switch (database.state) {
            case GONE -> new Server.Gone(database.disk.cleanStop, database.problem);
            case STARTING -> new Server.Starting();
            case STOPPING -> new Server.Stopping();
            case STANDBY -> standby(world, database);
            case PRIMARY ->
                new Server.Primary(
                        new TimelineId(database.timelineToWrite),
                        Disk.position(database.disk.flushed()),
                        progress,
                        database.replicas());
        };
    }

    private static Server standby(World world, Database database) {
        Disk disk = database.disk;
        boolean sealed = database.looksSealed || (database.upstream < 0 && database.receiver.isEmpty());
        boolean receiving = database.receiver.isPresent() && !database.looksSealed;
        Optional<Position> position =
                database.positionKnown ? Optional.of(Disk.position(disk.flushed())) : Optional.empty();
        boolean finished = sealed && database.positionKnown && database.replayed >= disk.flushed();
        return new Server.Standby(
                sealed ? Optional.empty() : Optional.of(world.id(database.upstream)),
                receiving,
                receiving && database.receiver.get().streams(),
                new TimelineId(disk.timeline()),
                position,
                Disk.position(Math.min(database.replayed, disk.end())),
                finished
                        ? Optional.of(new Boundary(Disk.position(disk.flushed()), disk.flushed() + 1, List.of()))
                        : Optional.empty(),
                database.upstreamEnd.filter(heard -> disk.lineage.isEmpty()
                        || disk.lineage.getLast().timeline().number() == disk.timeline()));
    }

    /**
     * What makes an agent report at once when it changes.
     *
     * @param server what of the server's state does
     * @param receipts how many there are
     */
    record Essence(Class<?> assignment, Data data, Epoch promised, Server server, int receipts) {}

    static Essence essence(Assignment assignment, LocalObservation seen, int receipts) {
        Server server = switch (seen.server()) {
            case Server.Gone gone -> new Server.Gone(gone.cleanStop(), Optional.empty());
            case Server.Starting starting -> starting;
            case Server.Stopping stopping -> stopping;
            case Server.Stuck stuck -> new Server.Stuck(Duration.ZERO);
            case Server.Standby standby -> essence(standby);
            case Server.Primary primary ->
                new Server.Primary(primary.timeline(), Position.START, primary.inSync(), List.of());
        };
        return new Essence(assignment.getClass(), seen.data(), seen.promised(), server, receipts);
    }

    private static Server.Standby essence(Server.Standby standby) {
        return new Server.Standby(
                standby.upstream(),
                standby.receiving(),
                standby.streaming(),
                TimelineId.FIRST,
                standby.isSealed() ? standby.position() : Optional.empty(),
                Position.START,
                standby.isSealed() ? standby.boundary() : Optional.empty(),
                Optional.empty());
    }
}
