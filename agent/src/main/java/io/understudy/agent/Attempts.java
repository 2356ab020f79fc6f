package io.understudy.agent;

import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Step;
import java.time.Duration;
import java.util.Optional;

/** When the last action may be taken again. Owned by the loop's thread; a restart forgets it. */
final class Attempts {

    /** After the first failure; doubled with each further one up to {@link #LONGEST}. */
    static final Duration FIRST = Duration.ofMillis(100);

    static final Duration LONGEST = Duration.ofSeconds(2);

    /** A step that succeeds and is asked for again at once: it does not lead anywhere yet. */
    static final Duration FIRST_REPEAT = Duration.ofMillis(10);

    static final Duration LONGEST_REPEAT = Duration.ofMillis(250);

    private static final int MAX_DOUBLINGS = 10;

    /** Of one action, in a row. */
    record Failure(String step, int times, String message) {
        String text() {
            return "tried " + times + (times == 1 ? " time: " : " times: ") + message;
        }
    }

    private Optional<Action> last = Optional.empty();
    private int inARow;
    private Optional<Failure> failure = Optional.empty();
    private MonotonicTime due = new MonotonicTime(0);

    /** How long {@code step} has to wait; nothing or less when it may be taken now. */
    Duration dueIn(Step step, MonotonicTime now) {
        return isLast(step.action()) ? due.since(now) : Duration.ZERO;
    }

    /** Of this very step, empty when it did not fail last. */
    Optional<Failure> failureOf(Step step) {
        return isLast(step.action()) ? failure : Optional.empty();
    }

    void succeeded(Action action, MonotonicTime now) {
        inARow = isLast(action) && failure.isEmpty() ? inARow + 1 : 0;
        last = Optional.of(action);
        failure = Optional.empty();
        due = inARow == 0 ? now : now.plus(doubled(FIRST_REPEAT, inARow - 1, LONGEST_REPEAT));
    }

    Failure failed(Action action, Exception why, MonotonicTime now) {
        inARow = isLast(action) && failure.isPresent() ? inARow + 1 : 1;
        last = Optional.of(action);
        String message = why.getMessage();
        Failure found = new Failure(
                action.step(), inARow, message == null ? why.getClass().getName() : message);
        failure = Optional.of(found);
        due = now.plus(doubled(FIRST, inARow - 1, LONGEST));
        return found;
    }

    private boolean isLast(Action action) {
        return last.equals(Optional.of(action));
    }

    private static Duration doubled(Duration first, int times, Duration longest) {
        Duration pause = first.multipliedBy(1L << Math.min(times, MAX_DOUBLINGS));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
