package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What goes wrong, and when; everything it breaks it also mends. */
final class Faults {

    private static final double STEP_CRASH = 0.012;
    private static final long REACTION = 20 * Agenda.MS;

    private final World world;
    private final Agenda agenda;
    private final List<List<Disk.Copy>> copies = new ArrayList<>();
    private final long[] resumedAt;
    private final long[] guardPausedUntil;
    private boolean active;
    private long count;
    private int lostReplica = -1;
    private long replicaLostAt = -1;

    Faults(World world) {
        this.world = world;
        agenda = world.agenda();
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
        world.network().weather(agenda.below(3) * 0.01, agenda.below(3) * 0.02, agenda.below(3) * 0.01);
        agenda.in(agenda.between(Agenda.SECOND / 10, 6 * Agenda.SECOND), this::strike);
        agenda.in(5 * Agenda.SECOND, this::takeCopies);
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

    /** The cluster is well: now and then one replica ends for good, if the others suffice. */
    boolean loseAReplica() {
        int node = agenda.below(world.size());
        Optional<Tenure> held = world.ledger().running();
        if (!agenda.chance(0.3)
                || held.isEmpty()
                || world.indexOf(held.get().holder().node()) == node
                || !world.checks().canLose(node)) {
            return false;
        }
        say(node, "the replica is lost for good");
        world.agent(node).process.die();
        world.guard(node).process.die();
        world.guard(node).disarm();
        world.database(node).die("fault: lost for good");
        lostReplica = node;
        replicaLostAt = agenda.now();
        return true;
    }

    /** The replica that was lost for good; -1 when none was. */
    int lostReplica() {
        return lostReplica;
    }

    /** When that was; -1 when none was. */
    long replicaLostAt() {
        return replicaLostAt;
    }

    /** Whether the guard of a whole paused host is still reacting, or was itself kept from reacting. */
    boolean excusesLateAcknowledgement(int node) {
        return agenda.now() - resumedAt[node] < REACTION || agenda.now() - guardPausedUntil[node] < REACTION;
    }

    boolean crashesBefore(int node, String step) {
        return crashes(node, step + " before");
    }

    boolean crashesAfter(int node, String step) {
        return crashes(node, step + " after");
    }

    private boolean crashes(int node, String point) {
        if (!active || !agenda.chance(STEP_CRASH)) {
            return false;
        }
        count++;
        world.coverage().crashed(point);
        if (agenda.chance(0.5)) {
            crashAgent(node, "at " + point);
        } else {
            crashNode(node, "at " + point);
        }
        return true;
    }

    private SimulatedProcess[] processes(int node) {
        return new SimulatedProcess[] {world.database(node).server, world.guard(node).process, world.agent(node).process
        };
    }

    private long span(long fromMillis, long toMillis) {
        return agenda.between(fromMillis * Agenda.MS, toMillis * Agenda.MS);
    }

    /** Often the primary or the Raft leader, else any. */
    private int victim() {
        int luck = agenda.below(10);
        if (luck < 4) {
            Optional<Integer> primary = world.ledger()
                    .running()
                    .map(held -> world.indexOf(held.holder().node()));
            if (primary.isPresent()) {
                return primary.get();
            }
        } else if (luck < 6) {
            for (int node = 0; node < world.size(); node++) {
                if (world.raft(node).leads()) {
                    return node;
                }
            }
        }
        return agenda.below(world.size());
    }

    private void strike() {
        if (!active) {
            return;
        }
        count++;
        hit(victim());
        // Often the second comes while the first is still being handled.
        agenda.in(agenda.chance(0.4) ? span(5, 1_500) : span(1_000, 9_000), this::strike);
    }

    private void hit(int node) {
        Database database = world.database(node);
        switch (agenda.below(31)) {
            case 0, 1 -> database.die("fault: crash");
            case 2 -> orphan(node);
            case 3, 4 -> crashAgent(node, "fault");
            case 5, 6 -> crashNode(node, "fault");
            case 7 -> pause(node, "server", database.server);
            case 8 -> pause(node, "agent", world.agent(node).process);
            case 9, 10 -> pause(node, "host", processes(node));
            case 11, 12 -> isolate(node);
            case 13 -> cutOneLink(node);
            case 14 -> split();
            case 15 -> destroy(node);
            case 16 -> blockReplay(node);
            case 17 -> breakStreaming(node);
            case 18, 19 -> switchover();
            case 20 -> changeSettings();
            case 21 -> restartAllAgents();
            case 22 -> pauseGuard(node);
            case 23 -> startByHand(node);
            case 24, 25 -> cannotStart(node);
            case 26, 27 -> suspend(node);
            case 28, 29 -> slowDisk(node);
            case 30 -> cancelWaits(node);
            default -> throw new IllegalStateException("no such fault");
        }
    }

    /** How many there were. */
    long count() {
        return count;
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

    private void crashAgent(int node, String why) {
        SimulatedProcess process = world.agent(node).process;
        if (process.isAlive()) {
            say(node, "the agent crashes " + why);
            process.die();
            agenda.in(agenda.chance(0.5) ? span(20, 800) : span(500, 8_000), () -> restart(node));
        }
    }

    private void restart(int node) {
        if (!world.agent(node).process.isAlive()) {
            world.trace().note(node, "agent", "starts");
            world.agent(node).start();
        }
    }

    private void crashNode(int node, String why) {
        say(node, "agent, guard and server crash " + why);
        world.agent(node).process.die();
        world.guard(node).process.die();
        world.guard(node).disarm();
        world.database(node).die("fault: node crash");
        if (agenda.chance(0.5)) {
            world.database(node).disk.losePower();
        }
        agenda.in(agenda.chance(0.5) ? span(100, 1_500) : span(500, 12_000), () -> restart(node));
    }

    private void pause(int node, String what, SimulatedProcess... processes) {
        say(node, what + " is paused");
        for (SimulatedProcess process : processes) {
            process.pause();
        }
        agenda.in(agenda.chance(0.5) ? span(50, 1_500) : span(1_000, 9_000), () -> resume(node, what, processes));
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
    private void suspend(int node) {
        if (world.clock(node).stands()) {
            return;
        }
        say(node, "the host is suspended");
        world.clock(node).stand();
        for (SimulatedProcess process : processes(node)) {
            process.pause();
        }
        agenda.in(agenda.chance(0.5) ? span(50, 1_500) : span(1_000, 9_000), () -> {
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

    private void slowDisk(int node) {
        Database database = world.database(node);
        database.slow = 2 + agenda.below(100);
        say(node, "its disk is " + database.slow + " times slower");
        agenda.in(span(500, 9_000), () -> database.slow = 1);
    }

    /** Clients give up waiting for replicas: what they wrote is there, and nobody was told that it is done. */
    private void cancelWaits(int node) {
        say(node, "waits for replicas are cancelled");
        world.database(node).cancelWaits();
    }

    private void pauseGuard(int node) {
        SimulatedProcess guard = world.guard(node).process;
        say(node, "the guard is paused");
        long lasts = span(50, 6_000);
        guard.pause();
        guardPausedUntil[node] = agenda.now() + lasts;
        agenda.in(lasts, () -> resume(node, "guard", guard));
    }

    private void isolate(int node) {
        int ways = agenda.below(3);
        say(node, ways == 0 ? "is cut off" : ways == 1 ? "is not heard" : "hears nothing");
        for (int other = 0; other < world.size(); other++) {
            if (ways != 2) {
                world.network().cutOff(node, other);
            }
            if (ways != 1) {
                world.network().cutOff(other, node);
            }
        }
        healLater();
    }

    private void cutOneLink(int node) {
        int other = agenda.below(world.size());
        say(node, "does not reach n" + (other + 1));
        world.network().cutOff(node, other);
        if (agenda.chance(0.5)) {
            world.network().cutOff(other, node);
        }
        healLater();
    }

    private void split() {
        int side = 1 + agenda.below((1 << world.size()) - 2);
        say(-1, "the network splits: " + Integer.toBinaryString(side));
        for (int one = 0; one < world.size(); one++) {
            for (int other = 0; other < world.size(); other++) {
                if ((side >> one & 1) != (side >> other & 1)) {
                    world.network().cutOff(one, other);
                }
            }
        }
        healLater();
    }

    private void healLater() {
        agenda.in(agenda.chance(0.5) ? span(50, 2_000) : span(1_000, 12_000), () -> {
            if (active) {
                say(-1, "the network is whole again");
                world.network().heal();
            }
        });
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
    private void destroy(int node) {
        Disk disk = world.database(node).disk;
        if (disk.incarnation.isEmpty() || !agenda.chance(0.7)) {
            return;
        }
        Optional<Disk.Copy> older = copies.get(node).stream()
                .filter(copy -> disk.incarnation.equals(Optional.of(copy.incarnation())))
                .filter(copy ->
                        disk.highestReported().isAfter(Disk.position(copy.log().size())))
                .reduce((one, later) -> later);
        crashNode(node, "and its disk is lost");
        world.destroyed().add(disk.incarnation.get().nonce());
        if (older.isPresent() && agenda.chance(0.5)) {
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

    private void cannotStart(int node) {
        say(node, "the server is lost and cannot be started for a while");
        Database database = world.database(node);
        database.die("fault: disk full");
        database.problem = Optional.of("no space left");
        agenda.in(span(500, 14_000), () -> database.problem = Optional.empty());
    }

    /** The cluster is in the middle of something: sometimes that is when the next fault comes. */
    void tempt() {
        if (active && agenda.chance(0.12)) {
            agenda.in(span(0, 250), () -> {
                if (active) {
                    count++;
                    hit(victim());
                }
            });
        }
    }

    private void blockReplay(int node) {
        say(node, "a reader blocks replay");
        world.database(node).replayBlocked = true;
        agenda.in(span(100, 6_000), () -> world.database(node).replayBlocked = false);
    }

    private void breakStreaming(int node) {
        Database database = world.database(node);
        say(node, "streaming is refused");
        database.streamingBroken = true;
        database.receiver.ifPresent(database::disconnectFrom);
        agenda.in(span(500, 15_000), () -> database.streamingBroken = false);
    }

    private void switchover() {
        int target = agenda.below(world.size() + 1);
        operator(new Command.RequestSwitchover(
                target == world.size() ? Optional.empty() : Optional.of(world.id(target))));
    }

    private void changeSettings() {
        Settings now = world.ledger().settings();
        ReplicationMode mode = ReplicationMode.values()[agenda.below(3)];
        operator(new Command.ChangeSettings(new Settings(
                mode,
                1 + agenda.below(2),
                1 + agenda.below(2),
                agenda.chance(0.3) ? Settings.OnShortage.DEGRADE : Settings.OnShortage.WAIT,
                now.lease(),
                now.maxFailoverLagBytes())));
    }

    private void operator(Command command) {
        say(-1, "operator: " + command);
        for (int node = 0; node < world.size(); node++) {
            if (world.raft(node).leads() && world.agent(node).process.isRunning()) {
                world.agent(node).operator(command);
            }
        }
    }

    private void restartAllAgents() {
        say(-1, "all agents crash");
        for (int node = 0; node < world.size(); node++) {
            crashAgent(node, "with all others");
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
            if (!isHoldersOwn(node)) {
                database.disk.strayed = true;
                world.destroyed().add(database.disk.incarnation.get().nonce());
            }
            database.startByHand();
        }
    }
}
