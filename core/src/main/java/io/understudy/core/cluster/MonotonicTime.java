package io.understudy.core.cluster;

import java.time.Duration;

/**
 * A reading of a clock that never goes back, comparable only with readings of the same machine since its last boot.
 *
 * @param nanos as {@link System#nanoTime} counts
 */
public record MonotonicTime(long nanos) {

    public MonotonicTime plus(Duration duration) {
        return new MonotonicTime(nanos + duration.toNanos());
    }

    public Duration since(MonotonicTime earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    public boolean isBefore(MonotonicTime other) {
        return nanos - other.nanos < 0;
    }

    /** The later of the two. */
    public MonotonicTime max(MonotonicTime other) {
        return isBefore(other) ? other : this;
    }
}
