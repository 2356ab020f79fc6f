package io.understudy.simulation;

import java.util.Arrays;

/**
 * What is due when, the earliest first; of what is due at the same time, what was put in first. A binary heap in arrays: an entry is
 * no object, because a history has tens of thousands of them.
 */
final class DueQueue {

    private static final int FIRST_ROOM = 1_024;
    private static final Runnable NOTHING = () -> {};

    private long[] times = new long[FIRST_ROOM];
    private long[] orders = new long[FIRST_ROOM];
    private Runnable[] tasks = new Runnable[FIRST_ROOM];
    private int size;
    private long added;

    void add(long at, Runnable what) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            orders = Arrays.copyOf(orders, 2 * size);
            tasks = Arrays.copyOf(tasks, 2 * size);
        }
        long order = added++;
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            // The newcomer has the highest order: among equals it stays behind.
            if (times[parent] <= at) {
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        put(hole, at, order, what);
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** When the first is due. There must be one. */
    long nextAt() {
        return times[0];
    }

    /** Takes the first out. There must be one. */
    Runnable take() {
        Runnable first = tasks[0];
        int last = --size;
        long at = times[last];
        long order = orders[last];
        Runnable what = tasks[last];
        int hole = 0;
        for (int child = 1; child < last; child = 2 * hole + 1) {
            if (child + 1 < last && isBefore(times[child + 1], orders[child + 1], child)) {
                child++;
            }
            if (isBefore(at, order, child)) {
                break;
            }
            move(child, hole);
            hole = child;
        }
        put(hole, at, order, what);
        tasks[last] = NOTHING;
        return first;
    }

    private boolean isBefore(long at, long order, int other) {
        return at != times[other] ? at < times[other] : order < orders[other];
    }

    private void move(int from, int to) {
        times[to] = times[from];
        orders[to] = orders[from];
        tasks[to] = tasks[from];
    }

    private void put(int place, long at, long order, Runnable what) {
        times[place] = at;
        orders[place] = order;
        tasks[place] = what;
    }
}
