package io.understudy.agent;

import io.understudy.agent.api.EventsView.Event;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What changed on this node, logged once and kept while it fits. Thread-safe; a restart loses it. */
final class Events {
    private static final Logger log = LoggerFactory.getLogger(Events.class);

    static final int MAX_EVENTS = 500;

    private final Clock clock;
    private final Deque<Event> events = new ArrayDeque<>();
    private long number;

    Events(Clock clock) {
        this.clock = clock;
    }

    void add(String kind, String from, String to, String reason) {
        log.info("{}: {} -> {}: {}", kind, from.isEmpty() ? "nothing" : from, to, reason);
        synchronized (this) {
            events.addLast(new Event(++number, clock.instant(), kind, from, to, reason));
            if (events.size() > MAX_EVENTS) {
                events.removeFirst();
            }
        }
    }

    /** Oldest first. */
    synchronized List<Event> all() {
        return List.copyOf(events);
    }
}
