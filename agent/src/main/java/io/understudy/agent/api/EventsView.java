package io.understudy.agent.api;

import java.time.Instant;
import java.util.List;

/**
 * {@code GET /v1/events}: what this node's agent decided and did, oldest first; kept in memory, bounded.
 *
 * @param node whose agent answers
 */
public record EventsView(int version, String node, List<Event> events) {

    public EventsView {
        events = List.copyOf(events);
    }

    /**
     * Logged and kept once, when it changed.
     *
     * @param number rises by one; a gap means that older ones were dropped
     * @param kind {@code step} (what the agent does), {@code failed} (a step that did not succeed), {@code decision} (the
     *     Raft leader's, for the cluster), {@code ledger} (reachable or not), {@code lease}
     * @param from what was before, empty text for the first
     * @param to what is now
     */
    public record Event(long number, Instant at, String kind, String from, String to, String reason) {}
}
