package io.understudy.chaos.steps;

/**
 * One point in what an agent does, which lies there in every run.
 *
 * @param step the step that is taken, as {@code Action.step} names it, or the Raft leader's decision by its rule
 * @param place where in it, in words, such as {@code before} or {@code after}
 */
record Moment(String step, String place) {

    static final String BEFORE = "before";
    static final String AFTER = "after";

    /** What the step of a Raft leader's decision begins with; the rule follows. */
    static final String DECISION = "decision ";

    private static final String INSIDE = "in,";
    private static final String FAILED = "after failed";

    static Moment before(String step) {
        return new Moment(step, BEFORE);
    }

    static Moment after(String step) {
        return new Moment(step, AFTER);
    }

    /** When {@code step} ended with an error. */
    static Moment failed(String step) {
        return new Moment(step, FAILED);
    }

    /** Inside {@code step}, when {@code effect} was had. */
    static Moment in(String step, String effect) {
        return new Moment(step, INSIDE + " after " + effect);
    }

    boolean isDecision() {
        return step.startsWith(DECISION);
    }

    /** Whether it lies between the beginning and the end of a step. */
    boolean isInside() {
        return place.startsWith(INSIDE);
    }

    /** Whether it is there only when something went wrong: not in every run. */
    boolean isFailure() {
        return place.equals(FAILED);
    }

    @Override
    public String toString() {
        return isInside() ? "in " + step + place.substring(2) : place + " " + step;
    }
}
