package io.understudy.simulation;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Carries out the steps on the model of the database, each with its own delays. Runs in the agent's process: what it has
 * not done when the agent dies is not done.
 */
final class Engine {

    private static final long STEP_LIMIT = 1_500 * Agenda.MS;
    private static final long POLL = 5 * Agenda.MS;

    private final World world;
    private final int node;
    private final SimulatedProcess process;
    private final Database database;
    private final Guard guard;
    InSyncProgress progress = InSyncProgress.NONE;
    private int clones;

    Engine(World world, int node, SimulatedProcess process, Database database, Guard guard) {
        this.world = world;
        this.node = node;
        this.process = process;
        this.database = database;
        this.guard = guard;
    }

    /** What to do when a step is over. */
    interface Done {
        void succeeded();

        void failed(String why);
    }

    private Disk disk() {
        return database.disk;
    }

    void act(Action action, Done done) {
        switch (action) {
            case Action.Wait wait -> done.succeeded();
            case Action.Initialise initialise -> initialise(done);
            case Action.Promise promise -> after(1, 4, () -> promise(promise.epoch()), done);
            case Action.StartSealed start -> after(1, 10, this::startSealed, done);
            case Action.Seal seal -> seal(seal.epoch(), done);
            case Action.EndReplayBlockers end -> after(1, 10, () -> database.replayBlocked = false, done);
            case Action.KillServer kill -> after(2, world.agenda().chance(0.1) ? 4_000 : 30, this::kill, done);
            case Action.Promote promote -> promote(promote, done);
            case Action.HoldConfirmations hold -> hold(hold.change(), done);
            case Action.SetInSync set -> set(set.change(), set.configuration(), done);
            case Action.ConfirmMarker confirm -> confirm(confirm.change(), confirm.configuration(), done);
            case Action.Follow follow -> follow(follow, done);
            case Action.Clone copy -> copy(copy, done);
            case Action.Quarantine quarantine -> quarantine(quarantine, done);
            case Action.RenewIncarnation renew -> after(1, 5, () -> renew(renew.restored()), done);
            case Action.CleanStop stop -> cleanStop(stop.target(), done);
        }
    }

    private void after(int fromMillis, int toMillis, Runnable effect, Done done) {
        process.in(world.agenda().between(fromMillis * Agenda.MS, toMillis * Agenda.MS), () -> {
            effect.run();
            done.succeeded();
        });
    }

    private void await(String what, long limit, BooleanSupplier condition, Runnable then, Done done) {
        if (condition.getAsBoolean()) {
            then.run();
            done.succeeded();
        } else if (limit <= 0) {
            done.failed(what + " took too long");
        } else {
            process.in(POLL, () -> await(what, limit - POLL, condition, then, done));
        }
    }

    private void initialise(Done done) {
        process.in(world.agenda().between(200 * Agenda.MS, 900 * Agenda.MS), () -> {
            LogRecord first = new LogRecord(world.nextRecord(), node, 1, LogRecord.Kind.INITIAL, 0);
            disk().fill(newLife(), List.of(TimelineStart.GENESIS), List.of(first));
            done.succeeded();
        });
    }

    private Incarnation newLife() {
        return new Incarnation(world.id(node) + "-" + ++clones);
    }

    private void promise(Epoch epoch) {
        if (disk().promised.isBefore(epoch)) {
            disk().promised = epoch;
        }
    }

    private void startSealed() {
        if (database.state == Database.State.GONE
                && database.problem.isEmpty()
                && disk().incarnation.isPresent()) {
            guard.disarm();
            guard.process.start();
            database.startSealed();
        }
    }

    private void kill() {
        database.die("killed by the agent");
    }

    private void seal(Epoch next, Done done) {
        process.in(world.agenda().between(Agenda.MS, 4 * Agenda.MS), () -> {
            promise(next);
            stopReceiving(done);
        });
    }

    private void stopReceiving(Done done) {
        process.in(world.agenda().between(Agenda.MS, 4 * Agenda.MS), () -> {
            if (world.decisions().sealing() == Decisions.SealKind.ONLY_LOOKS_LIKE_IT) {
                database.looksSealed = true;
                done.succeeded();
            } else if ((database.replayBlocked && world.agenda().chance(0.5)) || !database.server.isRunning()) {
                process.in(100 * Agenda.MS, () -> {
                    database.die("it did not seal at once");
                    done.succeeded();
                });
            } else {
                database.seal();
                done.succeeded();
            }
        });
    }

    private void promote(Action.Promote promote, Done done) {
        process.in(world.agenda().between(Agenda.MS, 5 * Agenda.MS), () -> {
            if (database.state != Database.State.STANDBY || !database.server.isRunning()) {
                done.failed("no standby to promote");
                return;
            }
            disk().lineage = promote.lineage();
            process.in(world.agenda().between(Agenda.MS, 5 * Agenda.MS), () -> {
                TimelineId own = promote.tenure().timeline();
                database.promote(
                        world.decisions().promotedTimeline(own.number(), disk()),
                        promote.tenure().epoch().number());
                await("promotion", STEP_LIMIT, () -> database.state == Database.State.PRIMARY, () -> {}, done);
            });
        });
    }

    private void hold(long change, Done done) {
        if (!database.acceptsWrites()) {
            done.failed("no primary");
            return;
        }
        database.changes(change);
        Waiting nobody = Waiting.FOR_NOBODY_THAT_EXISTS;
        database.reload(nobody);
        await(
                "holding confirmations",
                STEP_LIMIT,
                () -> database.obeys(nobody) || hoped(),
                () -> reached(change, InSyncProgress.Step.HELD),
                done);
    }

    private boolean hoped() {
        return world.decisions().changing() == Decisions.ChangeKind.HOPED_FOR;
    }

    private void set(long change, InSyncConfiguration configuration, Done done) {
        if (!database.acceptsWrites()) {
            done.failed("no primary");
            return;
        }
        Waiting next = Waiting.of(world, configuration);
        database.reload(next);
        await(
                "setting the in-sync set",
                STEP_LIMIT,
                () -> database.obeys(next) || hoped(),
                () -> {
                    database.write(LogRecord.Kind.MARKER, 0);
                    reached(change, InSyncProgress.Step.SET);
                },
                done);
    }

    private void confirm(long change, InSyncConfiguration configuration, Done done) {
        if (!database.acceptsWrites()) {
            done.failed("no primary");
            return;
        }
        int marker = database.write(LogRecord.Kind.MARKER, 0);
        Waiting waited = Waiting.of(world, configuration);
        await(
                "confirming a marker",
                STEP_LIMIT,
                () -> waited.confirmations() == 0 || database.confirmed(waited) >= marker,
                () -> reached(change, InSyncProgress.Step.CONFIRMED),
                done);
    }

    private void reached(long change, InSyncProgress.Step step) {
        progress = new InSyncProgress(change, step);
    }

    private void follow(Action.Follow follow, Done done) {
        process.in(world.agenda().between(Agenda.MS, 60 * Agenda.MS), () -> {
            if (database.state != Database.State.STANDBY || !database.server.isRunning()) {
                done.failed("no standby to point at a primary");
                return;
            }
            disk().lineage = follow.lineage();
            process.in(world.agenda().between(Agenda.MS, 5 * Agenda.MS), () -> {
                if (database.state == Database.State.STANDBY) {
                    database.follow(world.indexOf(follow.primary()));
                }
                done.succeeded();
            });
        });
    }

    private void copy(Action.Clone action, Done done) {
        int source = world.indexOf(action.primary());
        process.in(world.agenda().between(300 * Agenda.MS, 2_500 * Agenda.MS), () -> {
            Database from = world.database(source);
            if (from.state != Database.State.PRIMARY
                    || !from.server.isRunning()
                    || from.disk.strayed
                    || from.timelineToWrite
                            != action.lineage().getLast().timeline().number()
                    || !world.network().bothWays(node, source)) {
                done.failed("the primary cannot be copied");
                return;
            }
            disk().fill(newLife(), action.lineage(), from.disk.log().subList(0, from.disk.flushed()));
            done.succeeded();
        });
    }

    private void quarantine(Action.Quarantine action, Done done) {
        process.in(world.agenda().between(5 * Agenda.MS, 30 * Agenda.MS), () -> {
            database.die("its log diverged");
            process.in(world.agenda().between(20 * Agenda.MS, 100 * Agenda.MS), () -> {
                if (database.state != Database.State.GONE) {
                    done.failed("somebody started a server on the data");
                    return;
                }
                if (disk().incarnation.isPresent()) {
                    Optional<Receipt> receipt = receipt(action);
                    world.agent(node).keep(receipt);
                    world.checks().quarantined(node, List.copyOf(disk().log()), action.lineage(), receipt);
                    disk().empty();
                }
                done.succeeded();
            });
        });
    }

    private Optional<Receipt> receipt(Action.Quarantine action) {
        Position end = Disk.position(disk().end());
        List<TimelineStart> own = action.own().isEmpty() ? disk().lineage : action.own();
        Optional<TimelineStart> fork = Lineage.fork(own, end, action.lineage());
        if (fork.isEmpty()) {
            return Optional.empty();
        }
        int from = (int) (fork.get().start().value() / LogRecord.BYTES);
        List<LogRecord> tail = disk().log().subList(from, disk().end());
        Epoch writer =
                Lineage.epochOf(new TimelineId(tail.getLast().timeline()), own).orElse(Epoch.NONE);
        long commits = tail.stream()
                .filter(record -> record.kind() == LogRecord.Kind.COMMIT)
                .count();
        return Optional.of(new Receipt(writer, commits, fork.get().start(), end));
    }

    private void renew(Incarnation restored) {
        if (disk().incarnation.equals(Optional.of(restored))) {
            disk().incarnation = Optional.of(newLife());
        }
    }

    private void cleanStop(NodeId target, Done done) {
        if (!database.acceptsWrites()) {
            done.failed("no primary");
            return;
        }
        database.endSessions();
        int end = database.write(LogRecord.Kind.SHUTDOWN, 0);
        int to = world.indexOf(target);
        await(
                "handing over the last record",
                STEP_LIMIT,
                () -> database.state != Database.State.STOPPING
                        || database.senders.stream().anyMatch(s -> s.to.node == to && s.flushed >= end),
                () -> {
                    if (database.state == Database.State.STOPPING) {
                        database.die("stopped cleanly");
                        disk().cleanStop = Optional.of(Disk.position(end));
                    }
                },
                new Done() {
                    @Override
                    public void succeeded() {
                        done.succeeded();
                    }

                    @Override
                    public void failed(String why) {
                        if (database.state == Database.State.STOPPING) {
                            database.die("stopped cleanly without its target");
                            disk().cleanStop = Optional.of(Disk.position(end));
                        }
                        done.failed(why);
                    }
                });
    }
}
