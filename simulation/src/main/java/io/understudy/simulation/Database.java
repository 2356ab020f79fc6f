package io.understudy.simulation;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.reconciler.LocalObservation.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model of one PostgreSQL server: what it does with its log, whom it waits for, whom it follows. Everything is
 * volatile but {@link Disk}.
 */
final class Database {

    enum State {
        GONE,
        STARTING,
        STANDBY,
        PRIMARY,
        STOPPING
    }

    private static final long STOPS_WITHIN = 3 * Agenda.SECOND;

    private final World world;
    final int node;
    final SimulatedProcess server;
    final Disk disk = new Disk();
    State state = State.GONE;
    /** Only the postmaster died: backends and senders go on until they are killed. */
    boolean orphaned;

    boolean isNobodysChild;

    /** Somebody else's files are where its data was. */
    boolean misplaced;

    long orphanedSince;
    int upstream = -1;
    Optional<Sender> receiver = Optional.empty();
    /** A seal that was skipped by a mutation looks like a seal. */
    boolean looksSealed;

    boolean replayBlocked;
    /** Why it cannot be started, empty when nothing speaks against it. */
    Optional<String> problem = Optional.empty();

    boolean streamingBroken;
    /** How many times longer the disk takes than it should. */
    int slow = 1;

    boolean positionKnown;
    int replayed;
    Optional<Position> upstreamEnd = Optional.empty();
    int timelineToWrite;
    final List<Sender> senders = new ArrayList<>();
    private Waiting inForce = Waiting.FOR_NOBODY_THAT_EXISTS;
    private Waiting shared = Waiting.FOR_NOBODY_THAT_EXISTS;
    private final Set<Waiting> obeyed = new HashSet<>();
    private long change;
    private final List<ClientWrite> waiters = new ArrayList<>();
    private int connectTries;

    Database(World world, int node, SimulatedProcess server) {
        this.world = world;
        this.node = node;
        this.server = server;
    }

    /** Every process of it is gone at once. */
    void die(String why) {
        if (state == State.GONE) {
            return;
        }
        world.trace().note(node, "server", "gone: " + why);
        server.die();
        if ((state == State.PRIMARY || state == State.STOPPING)
                && world.agenda().chance(0.5)) {
            // What it had not given to the operating system yet.
            disk.losePower();
        }
        state = State.GONE;
        orphaned = false;
        isNobodysChild = false;
        upstream = -1;
        looksSealed = false;
        replayBlocked = false;
        receiver.ifPresent(this::hangUp);
        receiver = Optional.empty();
        List.copyOf(senders).forEach(this::disconnected);
        waiters.clear();
        inForce = Waiting.FOR_NOBODY_THAT_EXISTS;
        shared = Waiting.FOR_NOBODY_THAT_EXISTS;
        obeyed.clear();
    }

    /** The sender learns of it when that has arrived. What was confirmed before is still on its way till then, and counts. */
    private void hangUp(Sender connection) {
        world.network()
                .send(
                        node,
                        connection.from.node,
                        connection.from.server,
                        () -> connection.from.disconnected(connection));
    }

    /** The receiver loses its connection and tries again. */
    void disconnectFrom(Sender connection) {
        hangUp(connection);
        receiver = Optional.empty();
        connectSoon();
    }

    void disconnected(Sender connection) {
        connection.close();
        senders.remove(connection);
        noteObeyed();
        if (connection.to.receiver.equals(Optional.of(connection))) {
            connection.to.receiver = Optional.empty();
            connection.to.connectSoon();
        }
    }

    /** Starts as a replica of nobody; the end of its log is known once it has replayed it. */
    void startSealed() {
        server.start();
        state = State.STARTING;
        upstream = -1;
        positionKnown = false;
        upstreamEnd = Optional.empty();
        disk.cleanStop = Optional.empty();
        replayed = Math.max(1, disk.end() - world.agenda().below(60));
        server.in(world.agenda().between(30 * Agenda.MS, 250 * Agenda.MS), () -> {
            state = State.STANDBY;
            replay();
        });
    }

    /** Somebody else's hand: started without anything that makes it a replica. */
    void startByHand() {
        server.start();
        state = State.PRIMARY;
        isNobodysChild = true;
        disk.cleanStop = Optional.empty();
        disk.flush(disk.end());
        timelineToWrite = disk.timeline();
        world.trace().note(node, "server", "started by hand, writable on timeline " + timelineToWrite);
    }

    private void replay() {
        if (state != State.STANDBY) {
            return;
        }
        if (replayed < disk.end()) {
            replayed = Math.min(disk.end(), replayed + 4);
            server.in(4 * Agenda.MS, this::replay);
        } else {
            disk.flush(disk.end());
            positionKnown = true;
            world.agent(node).look();
        }
    }

    // ---- as a replica

    void follow(int primary) {
        receiver.ifPresent(this::hangUp);
        receiver = Optional.empty();
        upstream = primary;
        looksSealed = false;
        connectSoon();
    }

    /** The receiver is ended; what it received is on disk. */
    void seal() {
        receiver.ifPresent(this::hangUp);
        receiver = Optional.empty();
        upstream = -1;
        disk.flush(disk.end());
    }

    private void connectSoon() {
        connectTries++;
        int mine = connectTries;
        server.in(world.agenda().between(5 * Agenda.MS, 60 * Agenda.MS), () -> connect(mine));
    }

    private void connect(int mine) {
        if (mine != connectTries || state != State.STANDBY || upstream < 0 || receiver.isPresent()) {
            return;
        }
        Database source = world.database(upstream);
        boolean answers = !streamingBroken
                && source != this
                && world.network().bothWays(node, upstream)
                && source.server.isRunning()
                && !source.orphaned
                && !source.disk.strayed
                && (source.state == State.PRIMARY || source.state == State.STANDBY);
        if (!answers || !source.disk.serves(disk.timeline(), disk.end())) {
            server.in(world.agenda().between(50 * Agenda.MS, 300 * Agenda.MS), () -> connect(mine));
            return;
        }
        Optional<Sender> former =
                source.senders.stream().filter(sender -> sender.to == this).findFirst();
        if (former.isPresent() && world.agenda().now() - former.get().heardAt < Agenda.SECOND) {
            // One slot a member: it is taken until the sender of a lost connection is ended.
            server.in(200 * Agenda.MS, () -> connect(mine));
            return;
        }
        former.ifPresent(source::disconnected);
        world.checks().receives(this, source);
        Sender connection = new Sender(world, source, this, source.inForce);
        receiver = Optional.of(connection);
        source.senders.add(connection);
        connection.flushed = disk.flushed();
        if (source.disk.timeline() != disk.timeline()) {
            // What was heard of another timeline says nothing of this one.
            upstreamEnd = Optional.empty();
        }
        connection.tick();
        status(connection);
    }

    private void status(Sender connection) {
        if (connection.isOpen() && receiver.equals(Optional.of(connection))) {
            connection.reply(disk.flushed(), replayed);
            server.in(Sender.TICK, () -> status(connection));
        }
    }

    void received(Sender connection, int start, LogRecord[] before, LogRecord[] batch, int sourceEnd) {
        if (!connection.isOpen() || !receiver.equals(Optional.of(connection)) || start > disk.end()) {
            return;
        }
        if (start > 0 && disk.log().get(start - 1) != before[0]) {
            world.checks()
                    .violated(
                            "no silent divergence",
                            "node " + node + " streams from node " + connection.from.node + ", whose record before "
                                    + start + " is " + before[0] + ", not "
                                    + disk.log().get(start - 1));
            return;
        }
        upstreamEnd = Optional.of(Disk.position(sourceEnd));
        for (int i = disk.end() - start; i < batch.length; i++) {
            disk.append(batch[i]);
        }
        int end = disk.end();
        // A running replica knows its position: the receiver does.
        positionKnown = true;
        senders.forEach(Sender::send);
        server.in(slow * world.agenda().between(300, 3 * Agenda.MS), () -> {
            disk.flush(end);
            reply();
            server.in(world.agenda().between(300, 3 * Agenda.MS), () -> apply(end));
        });
    }

    private void apply(int upTo) {
        if (replayBlocked) {
            server.in(50 * Agenda.MS, () -> apply(upTo));
        } else if (replayed < upTo) {
            replayed = Math.min(upTo, disk.end());
            reply();
        }
    }

    private void reply() {
        receiver.ifPresent(connection -> connection.reply(disk.flushed(), replayed));
    }

    void promote(int timeline, long epoch) {
        receiver.ifPresent(this::hangUp);
        receiver = Optional.empty();
        upstream = -1;
        server.in(world.agenda().between(10 * Agenda.MS, 60 * Agenda.MS), () -> {
            if (state != State.STANDBY) {
                return;
            }
            state = State.PRIMARY;
            timelineToWrite = timeline;
            write(LogRecord.Kind.END_OF_RECOVERY, 0);
            world.checks().promoted(node, timeline, epoch);
            world.trace().note(node, "server", "promoted on timeline " + timeline);
            world.agent(node).look();
        });
    }

    // ---- as a primary

    int write(LogRecord.Kind kind, long write) {
        disk.append(new LogRecord(world.nextRecord(), node, timelineToWrite, kind, write));
        int end = disk.end();
        if (kind != LogRecord.Kind.COMMIT) {
            flush(end);
        }
        return end;
    }

    /** What is not on disk yet is sent to nobody. */
    private void flush(int end) {
        disk.flush(end);
        senders.forEach(Sender::send);
    }

    /** Whether it is a writable primary by its own word. */
    boolean acceptsWrites() {
        return state == State.PRIMARY && server.isRunning();
    }

    void commit(ClientWrite write) {
        if (state != State.PRIMARY) {
            return;
        }
        write.position = write(LogRecord.Kind.COMMIT, write.number);
        write.epoch = world.epochOnTimeline(timelineToWrite);
        world.checks().written(write);
        server.in(slow * world.agenda().between(100, Agenda.MS), () -> {
            flush(write.position);
            if (shared.confirmations() == 0) {
                acknowledge(write, shared);
            } else {
                waiters.add(write);
            }
        });
    }

    void cancelWaits() {
        waiters.clear();
    }

    private void acknowledge(ClientWrite write, Waiting under) {
        if (state == State.PRIMARY) {
            write.under = under;
            write.acknowledgedAt = world.agenda().now();
            world.checks().acknowledged(write);
        }
    }

    /** The value is changed and a reload asked for: every process takes it over in its own time. */
    void reload(Waiting next) {
        inForce = next;
        server.in(world.agenda().between(200, 10 * Agenda.MS), () -> {
            shared = inForce;
            tookOver();
            if (shared.confirmations() == 0) {
                List<ClientWrite> free = List.copyOf(waiters);
                waiters.clear();
                free.forEach(write -> acknowledge(write, shared));
            }
        });
        for (Sender sender : senders) {
            server.in(world.agenda().between(200, 30 * Agenda.MS), () -> {
                sender.waiting = inForce;
                tookOver();
            });
        }
    }

    private void noteObeyed() {
        if (obeys(inForce)) {
            obeyed.add(inForce);
        }
    }

    private void tookOver() {
        noteObeyed();
        world.checks().tookOver(this);
    }

    /** The values other than nobody that its processes obey; more than one only while a change goes wrong. */
    Set<Waiting> obeyedNow() {
        Set<Waiting> values = new HashSet<>();
        values.add(shared);
        senders.forEach(sender -> values.add(sender.waiting));
        values.remove(Waiting.FOR_NOBODY_THAT_EXISTS);
        return values;
    }

    /** A change of whom commits wait for begins, or goes on where it was: what was obeyed in it counts then too. */
    void changes(long number) {
        if (change != number) {
            change = number;
            obeyed.clear();
        }
    }

    /** Whether every process has obeyed the value since the last change began. */
    boolean hasObeyed(Waiting value) {
        return obeyed.contains(value);
    }

    /** Every process has taken over the value. */
    boolean obeys(Waiting value) {
        if (!shared.equals(value)) {
            return false;
        }
        for (Sender sender : senders) {
            if (!sender.waiting.equals(value)) {
                return false;
            }
        }
        return true;
    }

    Waiting inForce() {
        return inForce;
    }

    /**
     * A sender releases when so many have confirmed as its own copy of the value says. It counts whoever is waited for by that one's own
     * sender, be that by an older value.
     */
    void replied(Sender sender) {
        if (!sender.waiting.names(sender.to.node) || sender.waiting.confirmations() == 0) {
            return;
        }
        if (waiters.isEmpty()) {
            return;
        }
        int confirmed = releasable(sender.waiting);
        List<ClientWrite> free = new ArrayList<>();
        for (ClientWrite write : waiters) {
            if (write.position <= confirmed) {
                free.add(write);
            }
        }
        waiters.removeAll(free);
        free.forEach(write -> acknowledge(write, sender.waiting));
    }

    private int releasable(Waiting value) {
        return confirmed(value, ~0);
    }

    /** Up to where enough of those named have confirmed. */
    int confirmed(Waiting value) {
        return confirmed(value, value.names());
    }

    private int confirmed(Waiting value, int among) {
        int[] positions = new int[senders.size()];
        int counted = 0;
        for (Sender sender : senders) {
            if (sender.waiting.names(sender.to.node) && (among & 1 << sender.to.node) != 0) {
                positions[counted++] = value.applied() ? Math.min(sender.applied, sender.flushed) : sender.flushed;
            }
        }
        if (counted < value.confirmations()) {
            return 0;
        }
        Arrays.sort(positions, 0, counted);
        return positions[counted - value.confirmations()];
    }

    /** The sessions are ended; what waited stays unknown to its client. */
    void endSessions() {
        state = State.STOPPING;
        waiters.clear();
        // Once asked to, it stops by itself, even if whoever asked has died.
        server.in(STOPS_WITHIN, () -> {
            if (state == State.STOPPING) {
                die("stopped by itself");
                disk.cleanStop = Optional.of(Disk.position(disk.end()));
            }
        });
    }

    /** How far the furthest replica has replayed; the beginning when there is none. */
    Position replayedByOthers() {
        return Disk.position(senders.stream()
                .mapToInt(sender -> Math.min(sender.applied, sender.flushed))
                .max()
                .orElse(0));
    }

    List<Replica> replicas() {
        List<Replica> seen = new ArrayList<>();
        for (Sender sender : senders) {
            NodeId name = world.id(sender.to.node);
            seen.add(new Replica(
                    name,
                    sender.streams(),
                    true,
                    Disk.position(sender.flushed),
                    Disk.position(sender.applied),
                    Math.max(0, disk.flushed() - sender.flushed) * LogRecord.BYTES,
                    Duration.ofNanos((world.agenda().now() - sender.heardAt) * 1_000)));
        }
        return seen;
    }
}
