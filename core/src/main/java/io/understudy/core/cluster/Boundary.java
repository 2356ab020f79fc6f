package io.understudy.core.cluster;

import java.util.List;

/**
 * Where one epoch ends and the next begins, read on the sealed winner with its replay finished and before it is promoted.
 * Everything at or before it belongs to the past that the new epoch keeps.
 *
 * @param position end of the log that the new epoch builds on
 * @param nextTransactionId the first transaction id not used before the boundary; an older epoch's transaction with this
 *     id or a later one did not survive
 * @param inProgress ids below {@code nextTransactionId} that had not ended at the boundary and so did not survive either
 */
public record Boundary(Position position, long nextTransactionId, List<Long> inProgress) {

    public Boundary {
        inProgress = List.copyOf(inProgress);
    }
}
