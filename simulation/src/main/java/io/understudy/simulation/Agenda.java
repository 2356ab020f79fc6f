package io.understudy.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Virtual time, what is due when, and the only source of chance. One thread; the same seed gives the same order. */
final class Agenda {

    static final long MS = 1_000;
    static final long SECOND = 1_000 * MS;

    private record Due(long at, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Due> queue = new PriorityQueue<>(1_024);
    private final SplittableRandom random;
    private long now;
    private long order;

    Agenda(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Microseconds since the history began. */
    long now() {
        return now;
    }

    void in(long micros, Runnable what) {
        queue.add(new Due(now + Math.max(0, micros), order++, what));
    }

    /** Runs everything that is due up to {@code end}. */
    void runUntil(long end) {
        while (!queue.isEmpty() && queue.peek().at() <= end) {
            Due due = queue.poll();
            now = due.at();
            due.what().run();
        }
        now = end;
    }

    /** A number from {@code from} up to and including {@code to}. */
    long between(long from, long to) {
        return from + random.nextLong(to - from + 1);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }
}
