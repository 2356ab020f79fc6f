package io.understudy.simulation;

import io.understudy.core.cluster.Tenure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What can go wrong, and how it is mended again. When it goes wrong is decided by {@link FaultSchedule}. */
final class Faults {

    private final World world;
    private final Agenda agenda;
    private final List<List<Disk.Copy>> copies = new ArrayList<>();
    private final long[] resumedAt;
    private final long[] guardPausedUntil;
    private final NetworkFaults network;
    private final Operators operators;
    private boolean active;
    private int lostReplica = -1;
    private boolean lostRaftLeader;
    private long replicaLostAt = -1;

    Faults(World world) {
        this.world = world;
        agenda = world.agenda();
        network = new NetworkFaults(world, this);
        operators = new Operators(world);
        resumedAt = new long[world.size()];
        guardPausedUntil = new long[world.size()];
        for (int node = 0; node < world.size(); node++) {
            copies.add(new ArrayList<>());
            resumedAt[node] = -Agenda.SECOND;
            guardPausedUntil[node] = -Agenda.SECOND;
        }
    }

    void begin() {
        active = true;
        agenda.in(5 * Agenda.SECOND, this::takeCopies);
    }

    /** Messages are lost, late and repeated until everything is mended. */
    void weather(Chance luck) {
        world.network().weather(luck.below(3) * 0.01, luck.below(3) * 0.02, luck.below(3) * 0.01);
    }

    /** Whether things may go wrong now. */
    boolean isActive() {
        return active;
    }

    /** Everything is mended. */
    void end() {
        active = false;
        world.network().weather(0, 0, 0);
        world.network().heal();
        for (int node = 0; node < world.size(); node++) {
            Database database = world.database(node);
            database.replayBlocked = false;
            database.streamingBroken = false;
            database.problem = Optional.empty();
            database.misplaced = false;
            database.slow = 1;
            if (world.clock(node).stands()) {
                goOn(node);
            }
            resumedAt[node] = agenda.now();
            for (SimulatedProcess process : processes(node)) {
                while (process.isPaused()) {
                    process.resume();
                }
            }
            if (!world.agent(node).process.isAlive()) {
                world.agent(node).start();
            }
        }
        world.trace().note(-1, "calm", "everything is mended");
    }

    /** Whether a replica can be lost for good: the cluster is well, it is not the primary and the others suffice. */
    boolean canLose(int node) {
        Optional<Tenure> held = world.ledger().running();
        return held.isPresent()
                && world.indexOf(held.get().holder().node()) != node
                && world.checks().canLose(node);
    }

    void lose(int node) {
        say(node, "the replica is lost for good");
        lostRaftLeader = world.raft(node).leads();
        world.agent(node).process.die();
        world.guard(node).process.die();
        world.guard(node).disarm();
        world.database(node).die("fault: lost for good");
        lostReplica = node;
        replicaLostAt = agenda.now();
    }

    /** The replica that was lost for good; -1 when none was. */
    int lostReplica() {
        return lostReplica;
    }

    /** Whether it led Raft. */
    boolean lostRaftLeader() {
        return lostRaftLeader;
    }

    /** When that was; -1 when none was. */
    long replicaLostAt() {
        return replicaLostAt;
    }

    /** Whether the guard of a whole paused host is still reacting, or was itself kept from reacting. */
    boolean excusesLateAcknowledgement(int node) {
        return agenda.now() - resumedAt[node] <= Guard.REACTION
                || agenda.now() - guardPausedUntil[node] <= Guard.REACTION;
    }

    private SimulatedProcess[] processes(int node) {
        return new SimulatedProcess[] {world.database(node).server, world.guard(node).process, world.agent(node).process
        };
    }

    static long span(Chance luck, long fromMillis, long toMillis) {
        return luck.between(fromMillis * Agenda.MS, toMillis * Agenda.MS);
    }

    /** One fault, most of them on {@code node}. What and for how long is drawn from {@code luck}. */
    void hit(int node, Chance luck) {
        Database database = world.database(node);
        switch (luck.below(31)) {
            case 0, 1 -> database.die("fault: crash");
            case 2 -> orphan(node);
            case 3, 4 -> crashAgent(luck, node, "fault");
            case 5, 6 -> crashNode(luck, node, "fault");
            case 7 -> pause(luck, node, "server", database.server);
            case 8 -> pause(luck, node, "agent", world.agent(node).process);
            case 9, 10 -> pause(luck, node, "host", processes(node));
            case 11, 12 -> network.isolate(luck, node);
            case 13 -> network.cutOneLink(luck, node);
            case 14 -> network.split(luck);
            case 15 -> destroy(luck, node);
            case 16 -> blockReplay(luck, node);
            case 17 -> breakStreaming(luck, node);
            case 18, 19 -> operators.switchover(luck);
            case 20 -> operators.changeSettings(luck);
            case 21 -> restartAllAgents(luck);
            case 22 -> pauseGuard(luck, node);
            case 23 -> startByHand(node);
            case 24, 25 -> cannotStart(luck, node);
            case 26, 27 -> suspend(luck, node);
            case 28, 29 -> slowDisk(luck, node);
            case 30 -> cancelWaits(node);
            default -> throw new IllegalStateException("no such fault");
        }
    }

    private void say(int node, String what) {
        world.trace().note(node, "FAULT", what);
    }

    private void orphan(int node) {
        Database database = world.database(node);
        if (database.state == Database.State.PRIMARY && !database.orphaned) {
            say(node, "only the postmaster dies");
            database.orphaned = true;
            database.orphanedSince = agenda.now();
        }
    }

    void crashAgent(Chance luck, int node, String why) {
        SimulatedProcess process = world.agent(node).process;
        if (process.isAlive()) {
            say(node, "the agent crashes " + why);
            process.die();
            agenda.in(luck.chance(0.5) ? span(luck, 20, 800) : span(luck, 500, 8_000), () -> restart(node));
        }
    }

    private void restart(int node) {
        if (!world.agent(node).process.isAlive()) {
            world.trace().note(node, "agent", "starts");
            world.agent(node).start();
        }
    }

    void crashNode(Chance luck, int node, String why) {
        say(node, "agent, guard and server crash " + why);
        world.agent(node).process.die();
        world.guard(node).process.die();
        world.guard(node).disarm();
        world.database(node).die("fault: node crash");
        if (luck.chance(0.5)) {
            world.database(node).disk.losePower();
            world.clock(node).beginAt(luck.below(2_000) * Agenda.SECOND);
        }
        agenda.in(luck.chance(0.5) ? span(luck, 100, 1_500) : span(luck, 500, 12_000), () -> restart(node));
    }

    private void pause(Chance luck, int node, String what, SimulatedProcess... processes) {
        say(node, what + " is paused");
        for (SimulatedProcess process : processes) {
            process.pause();
        }
        agenda.in(
                luck.chance(0.5) ? span(luck, 50, 1_500) : span(luck, 1_000, 9_000),
                () -> resume(node, what, processes));
    }

    private void resume(int node, String what, SimulatedProcess... processes) {
        if (!active) {
            return;
        }
        say(node, what + " is resumed");
        if (processes.length > 1) {
            resumedAt[node] = agenda.now();
        }
        for (SimulatedProcess process : processes) {
            if (process.isPaused()) {
                process.resume();
            }
        }
    }

    /** The whole host stands still, and its monotonic clock with it. */
    private void suspend(Chance luck, int node) {
        if (world.clock(node).stands()) {
            return;
        }
        say(node, "the host is suspended");
        world.clock(node).stand();
        for (SimulatedProcess process : processes(node)) {
            process.pause();
        }
        agenda.in(luck.chance(0.5) ? span(luck, 50, 1_500) : span(luck, 1_000, 9_000), () -> {
            if (world.clock(node).stands()) {
                goOn(node);
                resume(node, "the suspended host", processes(node));
            }
        });
    }

    private void goOn(int node) {
        world.clock(node).goOn();
        resumedAt[node] = agenda.now();
        world.guard(node).clocksParted();
    }

    private void slowDisk(Chance luck, int node) {
        Database database = world.database(node);
        database.slow = 2 + luck.below(100);
        say(node, "its disk is " + database.slow + " times slower");
        agenda.in(span(luck, 500, 9_000), () -> database.slow = 1);
    }

    /** Clients give up waiting for replicas: what they wrote is there, and nobody was told that it is done. */
    private void cancelWaits(int node) {
        say(node, "waits for replicas are cancelled");
        world.database(node).cancelWaits();
    }

    private void pauseGuard(Chance luck, int node) {
        SimulatedProcess guard = world.guard(node).process;
        say(node, "the guard is paused");
        long lasts = span(luck, 50, 6_000);
        guard.pause();
        // A longer pause that began before may still last when this one ends.
        guardPausedUntil[node] = Math.max(guardPausedUntil[node], agenda.now() + lasts);
        agenda.in(lasts, () -> resume(node, "guard", guard));
    }

    private void takeCopies() {
        if (active) {
            for (int node = 0; node < world.size(); node++) {
                Disk disk = world.database(node).disk;
                if (disk.incarnation.isPresent() && !disk.strayed) {
                    copies.get(node).add(world.database(node).disk.copy(agenda.now()));
                }
            }
            agenda.in(8 * Agenda.SECOND, this::takeCopies);
        }
    }

    /** The disk is emptied, or its content replaced by an older copy of itself. */
    private void destroy(Chance luck, int node) {
        Disk disk = world.database(node).disk;
        if (disk.incarnation.isEmpty() || !luck.chance(0.7)) {
            return;
        }
        Optional<Disk.Copy> older = copies.get(node).stream()
                .filter(copy -> disk.incarnation.equals(Optional.of(copy.incarnation())))
                .filter(copy ->
                        disk.highestReported().isAfter(Disk.position(copy.log().size())))
                .reduce((one, later) -> later);
        crashNode(luck, node, "and its disk is lost");
        world.destroyed().add(disk.incarnation.get().nonce());
        if (older.isPresent() && luck.chance(0.5)) {
            say(node, "an older copy of its data is put back");
            disk.fill(
                    older.get().incarnation(),
                    older.get().lineage(),
                    older.get().log());
        } else {
            say(node, "its data is gone");
            disk.empty();
        }
    }

    private void cannotStart(Chance luck, int node) {
        boolean misplaced = luck.chance(0.2);
        say(
                node,
                "the server is lost and cannot be started for a while" + (misplaced ? ", its data is elsewhere" : ""));
        Database database = world.database(node);
        database.die("fault: disk full");
        database.problem = Optional.of("no space left");
        database.misplaced |= misplaced;
        agenda.in(span(luck, 500, 14_000), () -> {
            database.problem = Optional.empty();
            database.misplaced = false;
        });
    }

    private void blockReplay(Chance luck, int node) {
        say(node, "a reader blocks replay");
        world.database(node).replayBlocked = true;
        agenda.in(span(luck, 100, 6_000), () -> world.database(node).replayBlocked = false);
    }

    private void breakStreaming(Chance luck, int node) {
        Database database = world.database(node);
        say(node, "streaming is refused");
        database.streamingBroken = true;
        database.receiver.ifPresent(database::disconnectFrom);
        agenda.in(span(luck, 500, 15_000), () -> database.streamingBroken = false);
    }

    private void restartAllAgents(Chance luck) {
        say(-1, "all agents crash");
        for (int node = 0; node < world.size(); node++) {
            crashAgent(luck, node, "with all others");
        }
    }

    /** The data of the last primary, whole: a server started on it goes on where the tenure's log ends. */
    private boolean isHoldersOwn(int node) {
        return world.ledger()
                .tenure()
                .map(Tenure::holder)
                .filter(holder -> holder.node().equals(world.id(node)))
                .filter(holder ->
                        !world.destroyed().contains(holder.incarnation().nonce()))
                .filter(holder -> world.database(node).disk.incarnation.equals(Optional.of(holder.incarnation())))
                .filter(holder -> world.database(node).disk.timeline()
                        == world.ledger().tenure().orElseThrow().timeline().number())
                .isPresent();
    }

    private void startByHand(int node) {
        Database database = world.database(node);
        if (database.state == Database.State.GONE && database.disk.incarnation.isPresent()) {
            say(node, "somebody starts the server");
            // Of a database that was just made nobody else has anything.
            if (world.ledger().tenure().isPresent() && !isHoldersOwn(node)) {
                database.disk.strayed = true;
                world.destroyed().add(database.disk.incarnation.get().nonce());
            }
            database.startByHand();
        }
    }
}
