package io.understudy.cli.local;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what others bring about. */
public final class Await {

    private static final Duration LOOK = Duration.ofMillis(20);

    private Await() {}

    /** Looks again and again until {@code condition} holds; returns false when it does not within {@code patience}. */
    public static boolean until(Duration patience, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (deadline - System.nanoTime() <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        return true;
    }
}
