package io.understudy.simulation;

import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what a history reached. */
final class Coverage {

    final SortedMap<String, Long> rules = new TreeMap<>();
    final SortedMap<String, Long> steps = new TreeMap<>();
    final SortedMap<String, Long> crashes = new TreeMap<>();

    void rule(String id) {
        rules.merge(id, 1L, Long::sum);
    }

    void reached(String step) {
        steps.merge(step, 1L, Long::sum);
    }

    void crashed(String point) {
        crashes.merge(point, 1L, Long::sum);
    }
}
