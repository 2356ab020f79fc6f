package io.understudy.simulation;

import io.understudy.core.cluster.Member;
import java.util.Optional;

/**
 * A connection by which a replica receives a log: the walsender at one end, the receiver at the other. The sender has its
 * own copy of whom commits wait for.
 */
final class Sender {

    static final long TICK = 300 * Agenda.MS;
    static final long TIMEOUT = 5 * Agenda.SECOND;
    private static final int BATCH = 64;

    private final World world;
    final Database from;
    final Database to;
    final Optional<Member> member;
    Waiting waiting;
    int flushed;
    int applied;
    long heardAt;
    private int sent;
    private boolean open = true;

    Sender(World world, Database from, Database to, Waiting waiting) {
        this.world = world;
        this.from = from;
        this.to = to;
        this.waiting = waiting;
        member = to.disk.incarnation.map(life -> new Member(world.id(to.node), life));
        sent = to.disk.end();
        heardAt = world.agenda().now();
    }

    boolean isOpen() {
        return open;
    }

    /** Whether it is at the end of the log rather than catching up. */
    boolean streams() {
        return from.disk.flushed() - flushed <= BATCH;
    }

    void close() {
        open = false;
    }

    void tick() {
        if (!open) {
            return;
        }
        if (world.agenda().now() - heardAt > TIMEOUT) {
            from.disconnected(this);
            return;
        }
        // What got lost on the way is sent again from what was confirmed.
        sent = Math.min(sent, Math.max(flushed, 0));
        send();
        from.server.in(TICK, this::tick);
    }

    void send() {
        if (!open || !from.server.isRunning()) {
            return;
        }
        int start = sent;
        int end = Math.min(from.disk.flushed(), start + BATCH);
        int sourceEnd = from.disk.flushed();
        sent = end;
        LogRecord[] batch = new LogRecord[end - start];
        for (int i = start; i < end; i++) {
            batch[i - start] = from.disk.log().get(i);
        }
        LogRecord[] before = start > 0 ? new LogRecord[] {from.disk.log().get(start - 1)} : new LogRecord[0];
        world.network().send(from.node, to.node, to.server, () -> to.received(this, start, before, batch, sourceEnd));
    }

    /** At the replica: tells the primary how far it is. */
    void reply(int upToFlushed, int upToApplied) {
        world.network().send(to.node, from.node, from.server, () -> {
            if (open) {
                heardAt = world.agenda().now();
                flushed = Math.max(flushed, upToFlushed);
                applied = Math.max(applied, upToApplied);
                from.replied(this);
                if (sent < from.disk.flushed()) {
                    send();
                }
            }
        });
    }
}
