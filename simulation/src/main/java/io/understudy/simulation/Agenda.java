package io.understudy.simulation;

/**
 * Virtual time, what is due when, and the source of chance of all but the faults. One thread; the same seed gives the same order.
 *
 * <p>What is drawn follows from the seed and the moment: where a history is played again without some of its faults, all that
 * they did not touch happens as it did before.
 */
final class Agenda extends Chance {

    static final long MS = 1_000;
    static final long SECOND = 1_000 * MS;

    private final DueQueue queue = new DueQueue();
    private final long origin;
    private long now;
    /** What the draws of this moment count on from. */
    private long moment;

    Agenda(long seed, int turn) {
        origin = mix(seed + STEP) + mix(turn);
        enter(0);
    }

    private void enter(long at) {
        now = at;
        moment = origin + mix(at);
    }

    /** Microseconds since the history began. */
    long now() {
        return now;
    }

    void in(long micros, Runnable what) {
        queue.add(now + Math.max(0, micros), what);
    }

    /** Runs everything that is due up to {@code end}. */
    void runUntil(long end) {
        while (!queue.isEmpty() && queue.nextAt() <= end) {
            reach(queue.nextAt());
            queue.take().run();
        }
        reach(end);
    }

    /** Draws go on where they were as long as the moment lasts. */
    private void reach(long at) {
        if (at != now) {
            enter(at);
        }
    }

    @Override
    long bits() {
        moment += STEP;
        return mix(moment);
    }
}
