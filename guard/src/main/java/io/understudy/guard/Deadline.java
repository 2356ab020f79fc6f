package io.understudy.guard;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which epoch's deadline is in force and whether it passed. Pure: every clock reading is an argument. A reading is three numbers, the monotonic
 * clock, CLOCK_BOOTTIME, and the monotonic clock again, so that a preemption between two of them is never taken for a jump.
 */
final class Deadline {
    /** No lease lasts longer; a deadline further ahead is a mistake in units or of another machine's clock. */
    static final Duration MAX_AHEAD = Duration.ofMinutes(10);

    /** How far CLOCK_BOOTTIME may run ahead of the monotonic clock before the machine counts as having been suspended. */
    static final Duration MAX_CLOCK_JUMP = Duration.ofMillis(10);

    private boolean armed;
    private long epoch;
    private long deadlineNanos;
    private long highestArmed = Long.MIN_VALUE;
    private long highestSpent = Long.MIN_VALUE;
    private long bootAheadNanos;

    /** Arms an epoch. @return null when done */
    Reply.@Nullable Refused arm(long newEpoch, long newDeadlineNanos, long before, long boot) {
        if (armed && newEpoch == epoch) {
            return extend(newEpoch, newDeadlineNanos, before);
        }
        if (newEpoch <= highestSpent) {
            return new Reply.Refused(
                    Refusal.EPOCH_SPENT,
                    "Epoch " + newEpoch + " cannot be armed: the deadline of epoch " + highestSpent
                            + " passed here, only a later epoch can follow");
        }
        if (newEpoch < highestArmed) {
            return new Reply.Refused(
                    Refusal.WRONG_EPOCH,
                    "Epoch " + newEpoch + " cannot be armed: epoch " + highestArmed + " was armed here already");
        }
        Reply.Refused refused = checkDistance(newDeadlineNanos, before);
        if (refused == null) {
            armed = true;
            epoch = newEpoch;
            highestArmed = newEpoch;
            deadlineNanos = newDeadlineNanos;
            bootAheadNanos = boot - before;
        }
        return refused;
    }

    /** Moves the deadline later. @return null when done */
    Reply.@Nullable Refused extend(long ofEpoch, long newDeadlineNanos, long now) {
        Reply.Refused refused = checkEpoch(ofEpoch);
        if (refused == null && newDeadlineNanos - deadlineNanos < 0) {
            return new Reply.Refused(
                    Refusal.WOULD_SHORTEN,
                    "The deadline " + newDeadlineNanos + " is " + (deadlineNanos - newDeadlineNanos)
                            + " ns before the armed one of epoch " + epoch + ": ask for shortening if it is meant");
        }
        return refused == null ? move(newDeadlineNanos, now) : refused;
    }

    /** Moves the deadline either way. @return null when done */
    Reply.@Nullable Refused shorten(long ofEpoch, long newDeadlineNanos, long now) {
        Reply.Refused refused = checkEpoch(ofEpoch);
        return refused == null ? move(newDeadlineNanos, now) : refused;
    }

    /** Removes the deadline. @return null when done */
    Reply.@Nullable Refused disarm(long ofEpoch) {
        Reply.Refused refused = checkEpoch(ofEpoch);
        if (refused == null) {
            armed = false;
        }
        return refused;
    }

    /** Whether the armed deadline passed, and why; null when it did not or none is armed. Allocates nothing. */
    Fence.@Nullable Cause passed(long before, long boot, long after) {
        if (!armed) {
            return null;
        }
        if (after - deadlineNanos >= 0) {
            return Fence.Cause.DEADLINE;
        }
        if (boot - after - bootAheadNanos > MAX_CLOCK_JUMP.toNanos()) {
            return Fence.Cause.CLOCK_JUMP;
        }
        bootAheadNanos = Math.min(bootAheadNanos, boot - before);
        return null;
    }

    /** The deadline passed and was acted on: this epoch is over here for good. */
    void spend() {
        armed = false;
        highestSpent = Math.max(highestSpent, epoch);
    }

    boolean armed() {
        return armed;
    }

    long epoch() {
        return epoch;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    private Reply.@Nullable Refused move(long newDeadlineNanos, long now) {
        Reply.Refused refused = checkDistance(newDeadlineNanos, now);
        if (refused == null) {
            deadlineNanos = newDeadlineNanos;
        }
        return refused;
    }

    private Reply.@Nullable Refused checkEpoch(long ofEpoch) {
        if (armed && ofEpoch == epoch) {
            return null;
        }
        if (ofEpoch <= highestSpent) {
            return new Reply.Refused(
                    Refusal.EPOCH_SPENT,
                    "Epoch " + ofEpoch + " is over here: the deadline of epoch " + highestSpent + " passed");
        }
        if (!armed) {
            return new Reply.Refused(Refusal.NOT_ARMED, "No deadline is armed, asked for the one of epoch " + ofEpoch);
        }
        return new Reply.Refused(Refusal.WRONG_EPOCH, "Epoch " + epoch + " is armed, asked for epoch " + ofEpoch);
    }

    private static Reply.@Nullable Refused checkDistance(long newDeadlineNanos, long now) {
        long ahead = newDeadlineNanos - now;
        if (ahead <= 0) {
            return new Reply.Refused(
                    Refusal.DEADLINE_PASSED, "The deadline " + newDeadlineNanos + " passed " + -ahead + " ns ago");
        }
        if (ahead > MAX_AHEAD.toNanos()) {
            return new Reply.Refused(
                    Refusal.DEADLINE_TOO_FAR,
                    "The deadline lies " + ahead + " ns ahead, at most " + MAX_AHEAD.toNanos()
                            + " are allowed: is it System.nanoTime() of this machine?");
        }
        return null;
    }
}
