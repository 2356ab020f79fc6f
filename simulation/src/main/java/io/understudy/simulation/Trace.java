package io.understudy.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What happened, in words; keeps the last of it, or all. */
final class Trace {

    private static final int LAST = 120;

    /** How much of the trace is kept. */
    enum Keeping {
        LAST_EVENTS,
        EVERYTHING
    }

    private record Event(long at, int node, String what, String why) {
        String text() {
            return String.format(
                    "%10.3f ms  %-2s  %-28s %s", at / 1_000.0, node < 0 ? "-" : "n" + (node + 1), what, why);
        }
    }

    private final Agenda agenda;
    private final Keeping keeping;
    private final Deque<Event> events = new ArrayDeque<>();
    private long hash = 1;

    Trace(Agenda agenda, Keeping keeping) {
        this.agenda = agenda;
        this.keeping = keeping;
    }

    void decided(int node, String rule, String reason) {
        note(node, rule, reason);
    }

    void note(int node, String what, String why) {
        hash = hash * 31 + agenda.now();
        hash = hash * 31 + node;
        hash = hash * 31 + what.hashCode();
        hash = hash * 31 + why.hashCode();
        events.add(new Event(agenda.now(), node, what, why));
        if (keeping == Keeping.LAST_EVENTS && events.size() > LAST) {
            events.remove();
        }
    }

    void mix(long number) {
        hash = hash * 31 + number;
    }

    long hash() {
        return hash;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        events.forEach(event -> lines.add(event.text()));
        return lines;
    }
}
