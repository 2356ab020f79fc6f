package io.understudy.chaos.workload;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which server acknowledged writes, and when the last of these was sent: one entry a server and slot of time. Thread-safe. */
public final class Acknowledgements {

    private final Map<String, Map<Long, Long>> lastSentBySlot = new HashMap<>();

    /** {@code server} acknowledged what was sent at {@code sentNanos}. */
    synchronized void note(String server, long sentNanos) {
        lastSentBySlot
                .computeIfAbsent(server, first -> new HashMap<>())
                .merge(sentNanos / Track.SLOT.toNanos(), sentNanos, Math::max);
    }

    /** When writes were sent, one time a slot, that {@code server} acknowledged; on {@link System#nanoTime}, unordered. */
    public synchronized List<Long> sentTo(String server) {
        return new ArrayList<>(lastSentBySlot.getOrDefault(server, Map.of()).values());
    }
}
