package io.understudy.simulation;

import io.understudy.core.cluster.MonotonicTime;

/** One node's monotonic clock: it starts anywhere, also when the machine boots again, runs a little fast or slow, and stands still while its host is suspended. */
final class NodeClock {

    private final Agenda agenda;
    private long offset;
    private final double rate;
    private long stood;
    private long standsSince = -1;

    NodeClock(Agenda agenda, long offset, double rate) {
        this.agenda = agenda;
        this.offset = offset;
        this.rate = rate;
    }

    /** Microseconds. */
    long reads() {
        long now = standsSince < 0 ? agenda.now() : standsSince;
        return offset + (long) ((now - stood) * rate);
    }

    MonotonicTime time() {
        return new MonotonicTime(reads() * 1_000);
    }

    /** Virtual microseconds until it reads {@code wanted}, if it does not stand still meanwhile. */
    long untilReads(long wanted) {
        return Math.max(0, (long) Math.ceil((wanted - reads()) / rate) + 1);
    }

    /** The machine boots: its clock begins anew, before or after all that it ever read. Nothing of before must run. */
    void beginAt(long reading) {
        offset += reading - reads();
    }

    boolean stands() {
        return standsSince >= 0;
    }

    /** The host is suspended. */
    void stand() {
        standsSince = agenda.now();
    }

    /** The host goes on, and does not know for how long it was away but by its other clock. */
    void goOn() {
        stood += agenda.now() - standsSince;
        standsSince = -1;
    }
}
