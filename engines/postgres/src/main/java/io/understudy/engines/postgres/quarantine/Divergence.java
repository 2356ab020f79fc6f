package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import org.jspecify.annotations.Nullable;

/**
 * Why data is kept and where it left the cluster's log.
 *
 * @param reason one line for people
 * @param epoch the epoch whose tail the data holds
 * @param fork the boundary of the first epoch that this data has no part in; null when it is not known, for example of
 *     data that never belonged to this cluster: what such data holds cannot be measured
 */
public record Divergence(
        String reason, Epoch epoch, @Nullable Boundary fork) {

    public Divergence {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("Data is kept for a reason, found an empty one");
        }
    }
}
