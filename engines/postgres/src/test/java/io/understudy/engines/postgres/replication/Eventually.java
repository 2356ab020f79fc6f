package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what another process does, up to a deadline. */
final class Eventually {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final Duration STEP = Duration.ofMillis(10);

    private Eventually() {}

    static <T> void equal(T expected, Callable<T> observed) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        T found = observed.call();
        while (!expected.equals(found) && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(STEP.toNanos());
            found = observed.call();
        }
        assertThat(found).isEqualTo(expected);
    }
}
