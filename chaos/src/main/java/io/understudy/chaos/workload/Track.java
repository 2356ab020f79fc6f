package io.understudy.chaos.workload;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What one client was answered, counted in slots of time. Thread-safe. */
public final class Track {

    /** How long a slot is. */
    public static final Duration SLOT = Duration.ofMillis(500);

    private final long began;
    private final List<int[]> slots = new ArrayList<>();

    /** @param began the beginning of the first slot, on {@link System#nanoTime} */
    Track(long began) {
        this.began = began;
    }

    synchronized void count(Outcome outcome, long nanos) {
        int slot = (int) ((nanos - began) / SLOT.toNanos());
        while (slots.size() <= slot) {
            slots.add(new int[Outcome.values().length]);
        }
        slots.get(slot)[outcome.ordinal()]++;
    }

    /** How many were answered with {@code outcome} in each slot so far. */
    public synchronized List<Integer> counts(Outcome outcome) {
        return slots.stream().map(slot -> slot[outcome.ordinal()]).toList();
    }
}
