package io.understudy.chaos.workload;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which server acknowledged writes, and when the first and the last of these in a slot of time were sent. Thread-safe. */
public final class Acknowledgements {

    private final Map<String, Map<Long, Span>> sent = new HashMap<>();

    private record Span(long first, long last) {
        Span with(Span other) {
            return new Span(Math.min(first, other.first), Math.max(last, other.last));
        }
    }

    /** {@code server} acknowledged what was sent at {@code sentNanos}. */
    synchronized void note(String server, long sentNanos) {
        sent.computeIfAbsent(server, first -> new HashMap<>())
                .merge(sentNanos / Track.SLOT.toNanos(), new Span(sentNanos, sentNanos), Span::with);
    }

    /** Every server that acknowledged anything. */
    public synchronized Set<String> servers() {
        return new HashSet<>(sent.keySet());
    }

    /** When writes were sent that {@code server} acknowledged, two times a slot; on {@link System#nanoTime}, unordered. */
    public synchronized List<Long> sentTo(String server) {
        List<Long> times = new ArrayList<>();
        sent.getOrDefault(server, Map.of()).values().forEach(span -> {
            times.add(span.first);
            times.add(span.last);
        });
        return times;
    }
}
