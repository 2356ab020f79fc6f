package io.understudy.agent;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.core.reconciler.LocalObservation.Replica;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.Engine;
import io.understudy.engines.EngineException;
import io.understudy.engines.Quarantined;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A database in memory that does at once what is asked. All databases of a {@link World} share its lock. */
final class FakeEngine implements Engine {

    /** Databases that can reach each other. */
    static final class World {
        final Map<NodeId, FakeEngine> engines = new ConcurrentHashMap<>();
        private int lives;
    }

    /** An action and when it was taken. */
    record Done(Action action, long nanos) {}

    private enum Kind {
        GONE,
        STANDBY,
        PRIMARY
    }

    private final NodeId self;
    private final World world;
    private final Supplier<MonotonicTime> clock;
    final List<Done> done = new CopyOnWriteArrayList<>();
    final List<Quarantined> kept = new CopyOnWriteArrayList<>();
    volatile Optional<String> failing = Optional.empty();
    volatile String fault = "found a fault, expected none; mend it";
    volatile Optional<Assignment> assignment = Optional.empty();
    private Runnable wake = () -> {};
    private Data data = new Data.Empty();
    private Epoch promised = Epoch.NONE;
    private List<TimelineStart> lineage = List.of();
    private Kind kind = Kind.GONE;
    private Optional<NodeId> upstream = Optional.empty();
    private Optional<Position> cleanStop = Optional.empty();
    private TimelineId timeline = TimelineId.FIRST;
    private long position;
    private InSyncProgress progress = InSyncProgress.NONE;
    private Optional<Board.Lease> lease = Optional.empty();

    FakeEngine(NodeId self, World world, Supplier<MonotonicTime> clock) {
        this.self = self;
        this.world = world;
        this.clock = clock;
        world.engines.put(self, this);
    }

    @Override
    public void assigned(Assignment now) {
        assignment = Optional.of(now);
    }

    @Override
    public LocalObservation observe() {
        synchronized (world) {
            return new LocalObservation(
                    data,
                    promised,
                    lineage,
                    Position.START,
                    server(),
                    lease.map(held -> new Lease(held.epoch(), clock.get().isBefore(held.until()))));
        }
    }

    private Server server() {
        return switch (kind) {
            case GONE -> new Server.Gone(cleanStop, Optional.empty());
            case PRIMARY -> new Server.Primary(timeline, new Position(position), progress, replicas());
            case STANDBY -> standby();
        };
    }

    private Server standby() {
        boolean streams = streams();
        if (streams) {
            position = primary().orElseThrow().position;
            timeline = primary().orElseThrow().timeline;
        }
        Position end = new Position(position);
        return new Server.Standby(
                upstream,
                streams,
                streams,
                timeline,
                Optional.of(end),
                end,
                upstream.isEmpty() ? Optional.of(new Boundary(end, 100, List.of())) : Optional.empty(),
                streams ? Optional.of(end) : Optional.empty());
    }

    private Optional<FakeEngine> primary() {
        return upstream.map(world.engines::get).filter(found -> found.kind == Kind.PRIMARY);
    }

    private boolean streams() {
        return kind == Kind.STANDBY
                && primary().filter(found -> found.lineage.equals(lineage)).isPresent();
    }

    private List<Replica> replicas() {
        return world.engines.values().stream()
                .filter(other -> other.upstream.equals(Optional.of(self)) && other.streams())
                .map(other -> new Replica(
                        other.self, true, true, new Position(position), new Position(position), 0, Duration.ZERO))
                .toList();
    }

    @Override
    public void act(Action action) throws EngineException {
        synchronized (world) {
            if (failing.filter(action.step()::equals).isPresent()) {
                throw new EngineException(action.step() + " fails: " + fault);
            }
            take(action);
            done.add(new Done(action, System.nanoTime()));
            world.engines.values().forEach(other -> other.wake.run());
        }
    }

    private void take(Action action) throws EngineException {
        switch (action) {
            case Action.Wait nothing -> {}
            case Action.Initialise initialise -> fill(List.of(TimelineStart.GENESIS), 1_000, TimelineId.FIRST);
            case Action.Promise promise -> promised = promise.epoch();
            case Action.StartSealed start -> {
                kind = Kind.STANDBY;
                upstream = Optional.empty();
                cleanStop = Optional.empty();
                lease = Optional.empty();
            }
            case Action.Seal seal -> {
                promised = seal.epoch();
                upstream = Optional.empty();
            }
            case Action.EndReplayBlockers end -> {}
            case Action.KillServer kill -> stop();
            case Action.Promote promote -> {
                kind = Kind.PRIMARY;
                lineage = promote.lineage();
                timeline = promote.tenure().timeline();
                position += 100;
                progress = InSyncProgress.NONE;
            }
            case Action.HoldConfirmations hold ->
                progress = new InSyncProgress(hold.change(), InSyncProgress.Step.HELD);
            case Action.SetInSync set -> progress = new InSyncProgress(set.change(), InSyncProgress.Step.SET);
            case Action.ConfirmMarker marker -> confirm(marker);
            case Action.Follow follow -> {
                upstream = Optional.of(follow.primary());
                lineage = follow.lineage();
            }
            case Action.Clone clone -> {
                FakeEngine from = world.engines.get(clone.primary());
                if (from == null || from.kind != Kind.PRIMARY) {
                    throw new EngineException(clone.primary() + " cannot be copied: found no primary there");
                }
                fill(clone.lineage(), from.position, from.timeline);
            }
            case Action.Quarantine quarantine -> {
                kept.add(new Quarantined(
                        "q" + kept.size(),
                        Path.of("/nowhere"),
                        Instant.EPOCH,
                        1,
                        quarantine.reason(),
                        Optional.empty()));
                data = new Data.Empty();
                stop();
            }
            case Action.RenewIncarnation renew -> data = new Data.Ours(new Incarnation("life-" + ++world.lives));
            case Action.CleanStop stop -> {
                world.engines.values().forEach(FakeEngine::observe);
                stop();
                cleanStop = Optional.of(new Position(position));
            }
        }
    }

    private void confirm(Action.ConfirmMarker marker) throws EngineException {
        long able = replicas().stream()
                .filter(replica -> marker.configuration().contains(replica.node()))
                .count();
        if (able < marker.configuration().confirmations()) {
            throw new EngineException("The marker was not confirmed: found " + able + " members that follow, expected "
                    + marker.configuration());
        }
        position += 10;
        progress = new InSyncProgress(marker.change(), InSyncProgress.Step.CONFIRMED);
    }

    private void fill(List<TimelineStart> with, long end, TimelineId on) {
        data = new Data.Ours(new Incarnation("life-" + ++world.lives));
        lineage = with;
        position = end;
        timeline = on;
    }

    private void stop() {
        kind = Kind.GONE;
        upstream = Optional.empty();
    }

    /** The server dies. */
    void crash() {
        synchronized (world) {
            stop();
            world.engines.values().forEach(other -> other.wake.run());
        }
    }

    @Override
    public boolean extendLease(Epoch epoch, MonotonicTime until) {
        synchronized (world) {
            lease = Optional.of(new Board.Lease(epoch, until));
            return true;
        }
    }

    Optional<Board.Lease> lease() {
        synchronized (world) {
            return lease;
        }
    }

    @Override
    public List<Quarantined> quarantine() {
        return List.copyOf(kept);
    }

    @Override
    public Endpoint openQuarantine(String id) {
        return new Endpoint("127.0.0.1", 5555);
    }

    @Override
    public void dropQuarantine(String id) {
        kept.removeIf(copy -> copy.id().equals(id));
    }

    @Override
    public void onChange(Runnable changed) {
        wake = changed;
    }

    @Override
    public void close() {
        world.engines.remove(self);
    }
}
