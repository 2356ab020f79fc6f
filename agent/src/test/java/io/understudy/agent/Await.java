package io.understudy.agent;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions, with a deadline. */
final class Await {
    static final Duration LONG = Duration.ofSeconds(30);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("Waited " + LONG + " in vain until " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    static <T> T result(CompletableFuture<T> future) {
        return future.orTimeout(LONG.toMillis(), TimeUnit.MILLISECONDS).join();
    }
}
