package io.understudy.agent;

import io.understudy.core.cluster.MonotonicTime;
import java.time.Duration;
import java.util.function.Supplier;

/** Time that passes when told. */
final class VirtualClock implements Supplier<MonotonicTime> {
    private MonotonicTime now = new MonotonicTime(1_000_000_000_000L);

    @Override
    public synchronized MonotonicTime get() {
        return now;
    }

    synchronized void pass(Duration time) {
        now = now.plus(time);
    }
}
