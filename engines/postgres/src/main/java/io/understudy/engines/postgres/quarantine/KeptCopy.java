package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Receipt;
import io.understudy.engines.Quarantined;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A data directory in the quarantine.
 *
 * @param id unique in its store; sorts by time
 * @param data the data directory as it lies now
 * @param source where it lay
 * @param bytes sum of its files' sizes, 0 until it was kept completely
 * @param measured what it holds that the cluster does not; null until it was measured
 */
public record KeptCopy(
        String id,
        Path data,
        Path source,
        Instant keptAt,
        State state,
        Divergence divergence,
        long bytes,
        @Nullable Receipt measured) {

    /** How far keeping or dropping came. */
    public enum State {
        /** The intent is on disk, the data may still lie at its source. */
        KEEPING,
        /** Whole, and here. */
        KEPT,
        /** Somebody asked for its deletion. */
        DROPPING,
        /** Neither here nor at its source: somebody else moved or deleted it. */
        MISSING
    }

    /** Its receipt; empty until it was measured. */
    public Optional<Receipt> receipt() {
        return Optional.ofNullable(measured);
    }

    /** As the agent shows it. */
    public Quarantined summary() {
        return new Quarantined(id, data, keptAt, bytes, divergence.reason(), receipt());
    }

    KeptCopy in(State next) {
        return new KeptCopy(id, data, source, keptAt, next, divergence, bytes, measured);
    }

    KeptCopy sized(long size) {
        return new KeptCopy(id, data, source, keptAt, state, divergence, size, measured);
    }

    KeptCopy with(Receipt receipt) {
        return new KeptCopy(id, data, source, keptAt, state, divergence, bytes, receipt);
    }
}
