package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.Engine;
import io.understudy.engines.EngineException;
import io.understudy.engines.Quarantined;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import io.understudy.engines.postgres.quarantine.OpenedCopy;
import io.understudy.engines.postgres.replication.CloneListener;
import io.understudy.guard.GuardLauncher;
import io.understudy.guard.GuardStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One PostgreSQL server under supervision. The server is started by a guard, is its child, and rests as a replica of nobody
 * with commits that nobody confirms; every other state lasts only as long as its processes. One thread observes and acts;
 * {@link #extendLease} may be called from another.
 */
public final class PostgresEngine implements Engine {

    private final Node node;
    private final Processes processes;
    private final InSyncChange inSync;
    private final Observer observer;
    private final DataDirectory directory;
    private final Cloning cloning;
    private final Keeping keeping;
    private final CleanStopping cleanStopping;
    private final RouterLogin routerLogin;
    private volatile Runnable wake = () -> {};
    private Server lastSeen = new Server.Starting();
    private long seenNanos = System.nanoTime();

    private PostgresEngine(Node node) throws IOException, InterruptedException {
        this.node = node;
        this.processes = new Processes(node);
        this.inSync = new InSyncChange(node, processes);
        this.observer = new Observer(node, processes, inSync);
        this.keeping = new Keeping(node, processes);
        this.cloning = new Cloning(node, keeping.rewinding(), new CloneListener() {
            @Override
            public void copied(long copiedBytes, long estimatedBytes) {
                wake.run();
            }
        });
        this.directory = new DataDirectory(node);
        this.cleanStopping = new CleanStopping(node, processes);
        this.routerLogin = new RouterLogin(node);
        cloning.finish();
        processes.endLeftovers();
        keeping.endOrphans();
        adopt();
    }

    /**
     * A server that went on while this process was away follows whom it was told to: without that it would never count as
     * streaming.
     */
    private void adopt() throws IOException {
        if (!node.guard.status().server().absent()) {
            node.live =
                    LiveSettings.SEALED.following(node.files.upstream(node.data()), LiveSettings.SEALED.replayDelay());
        }
    }

    /**
     * Takes up supervision: connects to the guard, or starts one; adopts the server it has; ends processes of the data
     * directory that are not its children.
     *
     * @throws IOException when the binaries, the user, the secret or the guard are not usable: it says what was found and
     *     what to do
     */
    public static PostgresEngine open(PostgresSettings settings, GuardLauncher guard)
            throws IOException, InterruptedException {
        return new PostgresEngine(Node.open(settings, new GuardedServer(guard)));
    }

    /** The binaries in use; what a missing tool would be needed for is not possible. */
    public PostgresInstallation installation() {
        return node.installation;
    }

    @Override
    public LocalObservation observe() {
        Data data = directory.look();
        Optional<Lease> lease = Optional.empty();
        Server server;
        try {
            GuardStatus status = node.guard.status();
            lease = node.guard.lease(status);
            server = observer.server(status);
            seenNanos = System.nanoTime();
        } catch (IOException unseen) {
            server = new Server.Stuck(Duration.ofNanos(System.nanoTime() - seenNanos));
            node.link.close();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            server = lastSeen;
        }
        lastSeen = server;
        if (server instanceof Server.Standby standby && standby.streaming()) {
            keeping.measureMissing();
        }
        boolean empty = data instanceof Data.Empty;
        return new LocalObservation(
                data,
                node.state.promised(),
                empty ? List.of() : node.state.lineage(),
                empty ? Position.START : node.state.highest(),
                server,
                lease,
                DiskSpace.shortage(node.data()));
    }

    @Override
    public void act(Action action) throws EngineException, InterruptedException {
        if (action instanceof Action.Wait) {
            return;
        }
        try {
            if (action instanceof Action.KillServer) {
                // Never waits for a disk that may be the reason for it.
                processes.kill();
                return;
            }
            node.journal.begun(action.step(), node.state.promised(), isRepeatable(action));
            take(action);
            node.journal.done(action.step(), node.state.promised());
        } catch (IOException | SQLException failed) {
            throw noted(action, new EngineException(action.step() + " failed: " + failed.getMessage(), failed));
        } catch (EngineException failed) {
            throw noted(action, failed);
        }
    }

    private EngineException noted(Action action, EngineException failed) {
        EngineException told = NoSpace.told(
                        failed,
                        List.of(
                                Trees.parentOf(node.data()),
                                node.data(),
                                node.data().resolve("pg_wal"),
                                node.settings.stateDirectory()))
                .map(full -> new EngineException(full + " (" + failed.getMessage() + ")", failed))
                .orElse(failed);
        noteFailure(action, told);
        return told;
    }

    /**
     * With what routers log in at any server of this cluster, in the database {@code postgres}, to look up how a client must prove
     * itself.
     *
     * @param clusterSecret the file that every node has
     * @throws IOException when it cannot be read, or is too short
     */
    public static OwnLogin routerLogin(Path clusterSecret) throws IOException {
        return new OwnLogin(Roles.ROUTER, Roles.fromSecret(clusterSecret).passwordOf(Roles.ROUTER));
    }

    /** A replica obeys the mode at once: a reader must not hold up the commits of {@code sync}. */
    @Override
    public void assigned(Assignment assignment) {
        if (assignment instanceof Assignment.Lead lead && lead.tenure().phase() == Phase.OPEN) {
            routerLogin.ensure(lead.tenure().epoch());
        }
        if (assignment instanceof Assignment.FollowPrimary follow) {
            new Following(node, processes).obey(follow);
        }
    }

    private void take(Action action) throws IOException, SQLException, EngineException, InterruptedException {
        switch (action) {
            case Action.Wait _ -> {}
            case Action.Initialise _ -> new Initialising(node).initialise();
            case Action.Promise promise -> node.state.promise(promise.epoch());
            case Action.StartSealed _ -> {
                cleanStopping.letSuccessorGoFirst();
                processes.start(LiveSettings.SEALED);
            }
            case Action.Seal seal -> {
                node.state.promise(seal.epoch());
                new Sealing(node, processes).seal();
            }
            case Action.EndReplayBlockers _ -> new ReplayBlockers(node).end();
            case Action.KillServer _ -> processes.kill();
            case Action.Promote promote ->
                new Promotion(node, processes, inSync).promote(promote.tenure(), promote.lineage());
            case Action.HoldConfirmations hold -> inSync.hold(hold.change());
            case Action.SetInSync set -> inSync.set(set.change(), set.configuration());
            case Action.ConfirmMarker confirm -> inSync.confirm(confirm.change(), confirm.configuration());
            case Action.Follow follow -> new Following(node, processes).follow(follow);
            case Action.Clone clone -> {
                cloning.copy(clone);
                processes.start(LiveSettings.SEALED);
            }
            case Action.Quarantine quarantine -> keeping.keep(quarantine);
            case Action.RenewIncarnation renew -> renew(renew.restored());
            case Action.CleanStop stop -> cleanStopping.stop(stop.target());
        }
    }

    /** Whether a step that was begun and not seen to end may simply be taken again. */
    private static boolean isRepeatable(Action action) {
        return switch (action) {
            case Action.Promote _, Action.CleanStop _, Action.Quarantine _, Action.RenewIncarnation _ -> false;
            case Action.Wait _,
                    Action.Initialise _,
                    Action.Promise _,
                    Action.StartSealed _,
                    Action.Seal _,
                    Action.EndReplayBlockers _,
                    Action.KillServer _,
                    Action.HoldConfirmations _,
                    Action.SetInSync _,
                    Action.ConfirmMarker _,
                    Action.Follow _,
                    Action.Clone _ -> true;
        };
    }

    private void renew(Incarnation restored) throws IOException {
        // Somebody may have taken the step already: only the life that was named ends.
        if (node.files.incarnation(node.data()).filter(restored::equals).isPresent()) {
            // In this order: after a crash in between, the new life is renewed once more; the other way round the old
            // one
            // would vote with less than it confirmed.
            node.files.writeIncarnation(node.data(), Node.newIncarnation());
            node.state.highest(Position.START);
        }
    }

    private void noteFailure(Action action, EngineException why) {
        try {
            node.journal.failed(action.step(), node.state.promised(), String.valueOf(why.getMessage()));
        } catch (IOException diskUnwell) {
            why.addSuppressed(diskUnwell);
        }
    }

    @Override
    public boolean extendLease(Epoch epoch, MonotonicTime until) {
        return node.guard.extend(epoch, until);
    }

    @Override
    public List<Quarantined> quarantine() {
        return keeping.list();
    }

    /**
     * Starts a read-only server on a kept copy, on a free loopback port; closing stops it. On the thread that acts.
     *
     * @throws EngineException when there is no such copy, it is open already, or it does not start
     */
    public OpenedCopy openQuarantined(String id) throws EngineException, InterruptedException {
        return keeping.open(id);
    }

    @Override
    public Endpoint openQuarantine(String id) throws EngineException, InterruptedException {
        return keeping.show(id);
    }

    @Override
    public void closeQuarantine(String id) throws EngineException {
        keeping.hide(id);
    }

    @Override
    public void dropQuarantine(String id) throws EngineException {
        keeping.drop(id);
    }

    @Override
    public void onChange(Runnable next) {
        wake = next;
        node.guard.onChange(next);
    }

    @Override
    public void close() {
        inSync.forget();
        keeping.close();
        node.close();
    }
}
