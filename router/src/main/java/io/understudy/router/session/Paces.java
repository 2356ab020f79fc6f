package io.understudy.router.session;

import io.understudy.router.admin.Pace;
import java.util.concurrent.TimeUnit;

/** What was counted at each of the last seconds. Owned by the event loop. */
final class Paces {
    /** How far back a pace reaches. */
    static final int SECONDS = 60;

    private static final int VALUES = 4;

    private final long[] samples = new long[(SECONDS + 1) * VALUES];
    private int count;
    private int next;

    void add(long nanos, long transactions, long queries, long waits) {
        int at = next * VALUES;
        samples[at] = nanos;
        samples[at + 1] = transactions;
        samples[at + 2] = queries;
        samples[at + 3] = waits;
        next = (next + 1) % (SECONDS + 1);
        count = Math.min(count + 1, SECONDS + 1);
    }

    /** From the oldest sample to the newest one. */
    Pace pace() {
        if (count < 2) {
            return Pace.NONE;
        }
        int last = Math.floorMod(next - 1, SECONDS + 1) * VALUES;
        int first = Math.floorMod(next - count, SECONDS + 1) * VALUES;
        double seconds = (samples[last] - samples[first]) / (double) TimeUnit.SECONDS.toNanos(1);
        return seconds <= 0
                ? Pace.NONE
                : new Pace(
                        (samples[last + 1] - samples[first + 1]) / seconds,
                        (samples[last + 2] - samples[first + 2]) / seconds,
                        (samples[last + 3] - samples[first + 3]) / seconds);
    }
}
