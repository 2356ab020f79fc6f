package io.understudy.simulation;

import io.understudy.core.coordinator.Coordinator;
import io.understudy.core.coordinator.CoordinatorRule;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.ReconcilerRule;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What many histories reached together. */
final class Totals {

    /** These guard against what the other rules make impossible here. */
    private static final List<String> GUARD_AGAINST_THE_IMPOSSIBLE =
            List.of("R21 promised-later", "R41 await-replay", "R42 not-at-boundary");

    private long histories;
    private long acknowledged;
    private long changes;
    private long faults;
    private long withFailover;
    private double minutes;
    private final SortedMap<String, Long> decided = new TreeMap<>();
    private final SortedMap<String, Long> steps = new TreeMap<>();
    private final SortedMap<String, Long> crashes = new TreeMap<>();

    void add(Outcome outcome) {
        histories++;
        acknowledged += outcome.acknowledged();
        changes += outcome.changes();
        faults += outcome.faults().size();
        withFailover += outcome.changes() > 1 ? 1 : 0;
        minutes += outcome.virtual().toMillis() / 60_000.0;
        merge(decided, outcome.decided());
        merge(steps, outcome.steps());
        merge(crashes, outcome.crashes());
    }

    private static void merge(Map<String, Long> into, Map<String, Long> from) {
        from.forEach((what, often) -> into.merge(what, often, Long::sum));
    }

    long changes() {
        return changes;
    }

    SortedMap<String, Long> crashes() {
        return crashes;
    }

    SortedMap<String, Long> steps() {
        return steps;
    }

    /** Rules that never decided. */
    List<String> silentRules() {
        List<String> all = new ArrayList<>();
        for (CoordinatorRule rule : Coordinator.rules()) {
            all.add(rule.id() + " " + rule.name());
        }
        for (ReconcilerRule rule : Reconciler.rules()) {
            all.add(rule.id() + " " + rule.name());
        }
        all.removeAll(decided.keySet());
        return all;
    }

    /** What should be reached and never was: rules, and crashes before and after every step that there is. */
    List<String> neverReached() {
        List<String> never = silentRules();
        never.removeAll(GUARD_AGAINST_THE_IMPOSSIBLE);
        for (String step : allSteps()) {
            for (String point : List.of(step + " before", step + " after")) {
                if (!crashes.containsKey(point)) {
                    never.add("a crash at " + point);
                }
            }
        }
        return never;
    }

    private static List<String> allSteps() {
        return Arrays.stream(Action.class.getPermittedSubclasses())
                .filter(type -> type != Action.Wait.class)
                .map(Class::getSimpleName)
                .toList();
    }

    String brief(long nanos) {
        return String.format(
                "%d histories in %.1f s (%.0f a second), %.1f virtual minutes each, %.0f faults, %.0f writes acknowledged, %.1f changes of"
                        + " primary; with a failover %.1f %%",
                histories,
                nanos / 1e9,
                histories / (nanos / 1e9),
                minutes / histories,
                (double) faults / histories,
                (double) acknowledged / histories,
                (double) changes / histories,
                100.0 * withFailover / histories);
    }

    void print(PrintStream out, long nanos) {
        out.println(brief(nanos));
        out.println("rules that decided: " + decided);
        out.println("rules that never decided: " + silentRules());
        out.println("steps begun: " + steps);
        out.println("crash points: " + crashes);
    }
}
