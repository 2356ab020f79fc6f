package io.understudy.agent;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Ends one thread's pause; calls between two pauses count once. */
final class Wake implements Runnable {

    private final BlockingQueue<Boolean> called = new ArrayBlockingQueue<>(1);

    @Override
    public void run() {
        called.offer(true);
    }

    /** Returns when called, or after {@code atMost}; at once when that is not positive. */
    void await(Duration atMost) throws InterruptedException {
        called.poll(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
    }
}
