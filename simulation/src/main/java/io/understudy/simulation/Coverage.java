package io.understudy.simulation;

import java.util.HashMap;
import java.util.Map;

/** Counts what a history reached. */
final class Coverage {

    final Map<String, Long> rules = new HashMap<>();
    final Map<String, Long> steps = new HashMap<>();
    final Map<String, Long> crashes = new HashMap<>();

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
