package io.understudy.simulation;

import io.understudy.core.coordinator.Coordinator;
import io.understudy.core.coordinator.CoordinatorRule;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.ReconcilerRule;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What many histories reached together. */
final class Totals {

    private long histories;
    private long acknowledged;
    private long changes;
    private final SortedMap<String, Long> decided = new TreeMap<>();
    private final SortedMap<String, Long> steps = new TreeMap<>();
    private final SortedMap<String, Long> crashes = new TreeMap<>();

    void add(Outcome outcome) {
        histories++;
        acknowledged += outcome.acknowledged();
        changes += outcome.changes();
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

    void print(PrintStream out, long nanos) {
        out.printf(
                "%d histories in %.1f s (%.0f a second), %d writes acknowledged, %d changes of primary%n",
                histories, nanos / 1e9, histories / (nanos / 1e9), acknowledged, changes);
        out.println("rules that decided: " + decided);
        out.println("rules that never decided: " + silentRules());
        out.println("steps begun: " + steps);
        out.println("crash points: " + crashes);
    }
}
