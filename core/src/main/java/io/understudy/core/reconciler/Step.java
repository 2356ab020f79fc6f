package io.understudy.core.reconciler;

/**
 * What to do next and why.
 *
 * @param action the step
 * @param rule the id of the rule that decided
 * @param reason in words, for logs, events and {@code status}
 */
public record Step(Action action, String rule, String reason) {

    /** Whether there is nothing to do until something changes. */
    public boolean isWait() {
        return action instanceof Action.Wait;
    }
}
