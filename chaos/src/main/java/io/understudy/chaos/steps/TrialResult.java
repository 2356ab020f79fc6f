package io.understudy.chaos.steps;

import java.util.List;
import java.util.Optional;

/**
 * What came of one crash.
 *
 * @param scenario and the next five: the crash point
 * @param place where in the step
 * @param time the how manieth time
 * @param node that was killed; empty when nobody came to the point
 * @param outcome {@code healed}, {@code not reached} or {@code broken}
 * @param openMillis from the crash until the primary was open and every writer answered, with only the killed node started
 *     again; empty when that did not happen
 * @param healedMillis from the crash until every node was healthy and every writer answered; empty when that did not happen
 * @param acknowledged orders since the crash point before
 * @param lost acknowledged orders that are not there
 * @param problems in words; none when it healed and nothing was lost, doubled or different
 * @param logs where they are kept; empty when they are not
 */
record TrialResult(
        String scenario,
        String role,
        String step,
        String place,
        int time,
        String kill,
        Optional<String> node,
        Outcome outcome,
        Optional<Long> openMillis,
        Optional<Long> healedMillis,
        int acknowledged,
        int lost,
        List<String> problems,
        Optional<String> logs) {

    TrialResult {
        problems = List.copyOf(problems);
    }

    /** What came of it. */
    enum Outcome {
        HEALED("healed"),
        /** The program went another way this time. */
        NOT_REACHED("not reached"),
        BROKEN("broken");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    boolean isOfSamePoint(TrialResult other) {
        return scenario.equals(other.scenario)
                && role.equals(other.role)
                && step.equals(other.step)
                && place.equals(other.place)
                && time == other.time
                && kill.equals(other.kill);
    }

    /** For a line of progress. */
    String text() {
        return switch (outcome) {
            case HEALED ->
                node.orElse("") + " healed in " + seconds(healedMillis) + " (open in " + seconds(openMillis)
                        + "), nothing lost";
            case NOT_REACHED -> "not reached";
            case BROKEN ->
                "BROKEN: " + String.join("; ", problems)
                        + logs.map(place -> "; logs in " + place).orElse("");
        };
    }

    private static String seconds(Optional<Long> millis) {
        return millis.map(value -> String.format(java.util.Locale.ROOT, "%.1f s", value / 1e3))
                .orElse("never");
    }
}
