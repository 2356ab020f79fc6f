package io.understudy.chaos.lab;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long the machine kept a thread waiting that had nearly nothing to do. On one that stands still for seconds agents hear
 * nothing from each other, and that a cluster does not heal in time says nothing about the cluster. Thread-safe.
 */
public final class Stalls implements AutoCloseable {

    private static final Duration RHYTHM = Duration.ofMillis(10);

    private final Thread thread = Thread.ofPlatform().daemon().name("stalls").unstarted(this::run);
    private long longestNanos;

    public Stalls() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                long before = System.nanoTime();
                TimeUnit.NANOSECONDS.sleep(RHYTHM.toNanos());
                saw(System.nanoTime() - before - RHYTHM.toNanos());
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void saw(long nanos) {
        longestNanos = Math.max(longestNanos, nanos);
    }

    /** The longest since this was last asked. */
    public synchronized Duration longest() {
        long longest = longestNanos;
        longestNanos = 0;
        return Duration.ofNanos(longest);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
