package io.understudy.coordination;

import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Where the primary's log ended when, as the Raft leader heard it: what turns a replica's lag from bytes into time. Not
 * thread-safe; lost with Raft leadership.
 */
final class LagHistory {

    /** A report every half second and a few more: two minutes and over. A longer lag is shown as this long. */
    static final int MAX_SAMPLES = 300;

    private record Sample(MonotonicTime at, Position position) {}

    private final Deque<Sample> samples = new ArrayDeque<>();

    void primaryAt(Position position, MonotonicTime now) {
        if (!samples.isEmpty() && samples.getLast().position().isAfter(position)) {
            samples.clear();
        }
        if (!samples.isEmpty() && samples.getLast().position().equals(position)) {
            return;
        }
        samples.addLast(new Sample(now, position));
        if (samples.size() > MAX_SAMPLES) {
            samples.removeFirst();
        }
    }

    /** How long ago the primary went beyond {@code replayed}; empty before the primary was heard. */
    Optional<Duration> behind(Position replayed, MonotonicTime now) {
        if (samples.isEmpty()) {
            return Optional.empty();
        }
        return samples.stream()
                .filter(sample -> sample.position().isAfter(replayed))
                .findFirst()
                .map(sample -> now.since(sample.at()))
                .or(() -> Optional.of(Duration.ZERO));
    }

    void forget() {
        samples.clear();
    }
}
