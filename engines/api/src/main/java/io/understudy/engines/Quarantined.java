package io.understudy.engines;

import io.understudy.core.cluster.Receipt;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A kept copy of data that diverged.
 *
 * @param id unique on its node
 * @param directory where it lies
 * @param bytes its size on disk
 * @param reason what diverged
 * @param receipt what it holds that the cluster does not; empty until it was measured
 */
public record Quarantined(
        String id, Path directory, Instant keptAt, long bytes, String reason, Optional<Receipt> receipt) {}
