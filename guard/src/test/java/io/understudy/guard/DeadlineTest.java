package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Clock readings are numbers here: nothing waits. */
final class DeadlineTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long MILLI = Duration.ofMillis(1).toNanos();
    /** How far CLOCK_BOOTTIME is ahead on a machine that was suspended once before. */
    private static final long BOOT_AHEAD = 5_000 * SECOND;
    /** Close to the largest number, so that every sum below overflows. */
    private static final long NOW = Long.MAX_VALUE - SECOND;

    private final Deadline deadline = new Deadline();

    private Fence.Cause passedAt(long now) {
        return passed(now, now + BOOT_AHEAD, now);
    }

    @SuppressWarnings("NullAway") // a test compares what may be absent
    private Fence.Cause passed(long before, long boot, long after) {
        return deadline.passed(before, boot, after);
    }

    private void arm() {
        assertThat(deadline.arm(3, NOW + 3 * SECOND, NOW, NOW + BOOT_AHEAD)).isNull();
    }

    @Test
    void nothingPassesWhileNothingIsArmed() {
        assertThat(passedAt(NOW)).isNull();
        arm();
        assertThat(deadline.disarm(3)).isNull();
        assertThat(passedAt(NOW + 10 * SECOND)).isNull();
    }

    @Test
    void aDeadlinePassesExactlyWhenItIsReachedAlsoWhereTheClockOverflows() {
        arm();
        assertThat(passedAt(NOW + 3 * SECOND - 1)).isNull();
        assertThat(passedAt(NOW + 3 * SECOND)).isEqualTo(Fence.Cause.DEADLINE);
    }

    @Test
    void aSuspendedMachineCountsAsPassed() {
        arm();
        long later = NOW + SECOND;
        assertThat(passed(later, later + BOOT_AHEAD + 20 * MILLI, later)).isEqualTo(Fence.Cause.CLOCK_JUMP);
    }

    @Test
    void beingInterruptedBetweenTwoClocksIsNoJump() {
        arm();
        long before = NOW + SECOND;
        long after = before + 500 * MILLI;
        assertThat(passed(before, before + BOOT_AHEAD + 400 * MILLI, after)).isNull();
        assertThat(passed(after, after + BOOT_AHEAD, after)).isNull();
    }

    @Test
    void beingInterruptedWhileArmingDoesNotHideALaterJump() {
        assertThat(deadline.arm(3, NOW + 3 * SECOND, NOW, NOW + 300 * MILLI + BOOT_AHEAD))
                .isNull();
        assertThat(passedAt(NOW + 400 * MILLI)).isNull();
        long later = NOW + SECOND;
        assertThat(passed(later, later + BOOT_AHEAD + 50 * MILLI, later)).isEqualTo(Fence.Cause.CLOCK_JUMP);
    }

    @Test
    void aSuspensionBeforeArmingIsForgotten() {
        arm();
        assertThat(deadline.disarm(3)).isNull();
        assertThat(deadline.arm(3, NOW + 3 * SECOND, NOW, NOW + 2 * BOOT_AHEAD)).isNull();
        assertThat(passed(NOW, NOW + 2 * BOOT_AHEAD, NOW)).isNull();
    }

    @Test
    void anEpochThatEndedHereIsOverForGood() {
        arm();
        deadline.spend();
        assertThat(deadline.armed()).isFalse();
        assertThat(deadline.arm(3, NOW + 9 * SECOND, NOW, NOW))
                .extracting("refusal")
                .isEqualTo(Refusal.EPOCH_SPENT);
        assertThat(deadline.extend(3, NOW + 9 * SECOND, NOW))
                .extracting("refusal")
                .isEqualTo(Refusal.EPOCH_SPENT);
        assertThat(deadline.arm(4, NOW + 9 * SECOND, NOW, NOW)).isNull();
    }

    @Test
    void aDeadlineOfThePastOrTheFarFutureIsAMistake() {
        assertThat(deadline.arm(3, NOW, NOW, NOW)).extracting("refusal").isEqualTo(Refusal.DEADLINE_PASSED);
        long far = NOW + Deadline.MAX_AHEAD.toNanos() + 1;
        assertThat(deadline.arm(3, far, NOW, NOW)).extracting("refusal").isEqualTo(Refusal.DEADLINE_TOO_FAR);
        arm();
        assertThat(deadline.extend(3, far, NOW)).extracting("refusal").isEqualTo(Refusal.DEADLINE_TOO_FAR);
        assertThat(deadline.shorten(3, NOW, NOW)).extracting("refusal").isEqualTo(Refusal.DEADLINE_PASSED);
        assertThat(deadline.deadlineNanos()).isEqualTo(NOW + 3 * SECOND);
    }
}
