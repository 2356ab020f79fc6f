package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import java.time.Duration;
import java.util.Optional;

/**
 * What a history is made of; what is left open is drawn from the seed.
 *
 * @param mode to begin with, empty for any; operators may change it on the way
 * @param nodes from 3 to 7, 0 for any
 * @param faults how long things go wrong, in virtual time
 * @param calm how long the cluster has to heal afterwards; the history ends when it has
 */
public record Options(Optional<ReplicationMode> mode, int nodes, Duration faults, Duration calm) {

    /** Any mode, 3 to 7 nodes, 45 s of faults, at most 40 s of calm. */
    public static final Options DEFAULT =
            new Options(Optional.empty(), 0, Duration.ofSeconds(45), Duration.ofSeconds(40));

    public Options {
        if (nodes != 0 && (nodes < 3 || nodes > 7)) {
            throw new IllegalArgumentException("nodes is " + nodes + ": expected 3 to 7, or 0 for any");
        }
    }

    public Options withMode(ReplicationMode wanted) {
        return new Options(Optional.of(wanted), nodes, faults, calm);
    }

    public Options withNodes(int wanted) {
        return new Options(mode, wanted, faults, calm);
    }
}
