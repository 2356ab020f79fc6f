package io.understudy.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What became of one history.
 *
 * @param hash of everything that happened in it; the same seed always has the same
 * @param violations of promises, in the order found; empty when all were kept
 * @param lastEvents of the trace, or all of it when it was asked for
 * @param acknowledged how many writes were
 * @param changes how many changes of primary there were, the first one included
 * @param faults the names of those that came, in their order, crashes at steps included; see {@link FaultSchedule}
 * @param nodes how many the cluster had
 * @param decided how often each rule decided
 * @param steps how often each step was begun
 * @param crashes how often the agent crashed right before or after the effect of each step
 */
public record Outcome(
        long seed,
        long hash,
        List<String> violations,
        List<String> lastEvents,
        long acknowledged,
        long changes,
        List<String> faults,
        int nodes,
        Duration virtual,
        SortedMap<String, Long> decided,
        SortedMap<String, Long> steps,
        SortedMap<String, Long> crashes) {

    /** The promise that was broken first; empty when all were kept. */
    Optional<String> brokenPromise() {
        return violations.stream().findFirst().map(violation -> violation.split(":")[0]);
    }

    /** The violations with the seed and the events before them. */
    public String describe() {
        return describe("to play it again: --seed " + seed + " and the same options, with --trace");
    }

    /** The same with {@code more} between the violations and the events. */
    String describe(String more) {
        return "seed " + seed + " broke a promise: " + String.join("\n  ", violations) + "\n" + more
                + "\nthe last events:\n  " + String.join("\n  ", lastEvents);
    }
}
