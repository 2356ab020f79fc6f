package io.understudy.simulation;

import io.understudy.core.cluster.MonotonicTime;

/** One node's monotonic clock: it starts anywhere and runs a little fast or slow. */
final class NodeClock {

    private final Agenda agenda;
    private final long offset;
    private final double rate;

    NodeClock(Agenda agenda, long offset, double rate) {
        this.agenda = agenda;
        this.offset = offset;
        this.rate = rate;
    }

    /** Microseconds. */
    long reads() {
        return offset + (long) (agenda.now() * rate);
    }

    MonotonicTime time() {
        return new MonotonicTime(reads() * 1_000);
    }

    /** Virtual microseconds until it reads {@code wanted}. */
    long untilReads(long wanted) {
        return Math.max(0, (long) Math.ceil((wanted - reads()) / rate) + 1);
    }
}
