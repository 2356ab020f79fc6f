package io.understudy.agent;

import io.understudy.core.cluster.Epoch;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Tells whoever waits that this node became the primary, or stopped being it, the moment that it knows: asking again and again
 * takes the agents' time just when they make a new primary. Thread-safe.
 */
final class PrimaryNews {

    /** Who waits longer is answered that nothing changed, and asks again. */
    static final Duration LONGEST = Duration.ofSeconds(5);

    /** Half of what the API serves at once, so that other requests are served too. */
    static final int MOST_WAITING = HttpApi.MAX_REQUESTS / 2;

    /** A loop that hangs, and a lease that runs out, announce themselves to nobody. */
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Checks checks;
    private final Semaphore places = new Semaphore(MOST_WAITING);
    private long changes;

    PrimaryNews(Checks checks) {
        this.checks = checks;
    }

    /** The epoch of which this node is primary and open to clients; empty when it is not. */
    Optional<Epoch> primary() {
        return checks.primaryOf();
    }

    /** What {@link #primary} is made of changed. */
    synchronized void changed() {
        changes++;
        notifyAll();
    }

    /**
     * Waits while {@link #primary} is {@code known}, at most {@code longest}.
     *
     * @return empty when too many wait already
     */
    Optional<Optional<Epoch>> awaitOther(Optional<Epoch> known, Duration longest) throws InterruptedException {
        if (!places.tryAcquire()) {
            return Optional.empty();
        }
        try {
            return Optional.of(awaitOtherHere(known, longest));
        } finally {
            places.release();
        }
    }

    /** The same for who runs in this process: there are few of them, and none is turned away. */
    Optional<Epoch> awaitOtherHere(Optional<Epoch> known, Duration longest) throws InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        while (true) {
            long before = changes();
            Optional<Epoch> now = primary();
            long left = deadline - System.nanoTime();
            if (!now.equals(known) || left <= 0) {
                return now;
            }
            await(before, Math.min(left, LOOK.toNanos()));
        }
    }

    private synchronized long changes() {
        return changes;
    }

    private synchronized void await(long before, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        long left = nanos;
        while (changes == before && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = deadline - System.nanoTime();
        }
    }
}
