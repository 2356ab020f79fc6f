package io.understudy.guard;

import java.util.OptionalLong;

/**
 * One killing of the server because its deadline passed.
 *
 * @param epoch the epoch that was armed
 * @param cause what made the guard act
 * @param deadlineNanos the deadline ({@link System#nanoTime} of this machine)
 * @param killedAfterNanos nanoseconds from the deadline (after a clock jump: from noticing it) until every process of the server had its SIGKILL,
 *     after which none of them runs another instruction of its own
 * @param goneAfterNanos the same until no process was left; absent while one is
 */
public record Fence(long epoch, Cause cause, long deadlineNanos, long killedAfterNanos, OptionalLong goneAfterNanos) {
    /** Why the deadline counts as passed. */
    public enum Cause {
        /** The monotonic clock reached it. */
        DEADLINE,
        /** CLOCK_BOOTTIME ran ahead of CLOCK_MONOTONIC: the machine was suspended, so elapsed time is not known to be within the lease. */
        CLOCK_JUMP
    }

    Fence gone(long afterNanos) {
        return new Fence(epoch, cause, deadlineNanos, killedAfterNanos, OptionalLong.of(afterNanos));
    }
}
