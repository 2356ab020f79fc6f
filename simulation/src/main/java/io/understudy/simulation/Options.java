package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * What a history is made of; what is left open is drawn from the seed.
 *
 * @param mode to begin with, empty for any; operators may change it on the way
 * @param nodes from 3 to 7, 0 for any
 * @param faults how long things go wrong, in virtual time
 * @param calm how long the cluster has to heal afterwards; the history ends when it has
 * @param turn another number is another history with the same faults: what is not drawn for a fault is drawn anew
 * @param kept the names of the faults that may come, see {@link FaultSchedule}; empty for all that the seed has
 */
public record Options(
        Optional<ReplicationMode> mode,
        int nodes,
        Duration faults,
        Duration calm,
        int turn,
        Optional<Set<String>> kept) {

    /** Any mode, 3 to 7 nodes, 45 s of faults, at most 40 s of calm. */
    public static final Options DEFAULT =
            new Options(Optional.empty(), 0, Duration.ofSeconds(45), Duration.ofSeconds(40), 0, Optional.empty());

    public Options {
        if (nodes != 0 && (nodes < 3 || nodes > 7)) {
            throw new IllegalArgumentException("nodes is " + nodes + ": expected 3 to 7, or 0 for any");
        }
        kept = kept.map(Set::copyOf);
    }

    public Options withMode(ReplicationMode wanted) {
        return new Options(Optional.of(wanted), nodes, faults, calm, turn, kept);
    }

    public Options withNodes(int wanted) {
        return new Options(mode, wanted, faults, calm, turn, kept);
    }

    Options withTurn(int other) {
        return new Options(mode, nodes, faults, calm, other, kept);
    }

    Options withFaultsFor(Duration lasting) {
        return new Options(mode, nodes, lasting, calm, turn, kept);
    }

    /** No other faults than these come. */
    Options keeping(Collection<String> names) {
        return new Options(mode, nodes, faults, calm, turn, Optional.of(Set.copyOf(names)));
    }
}
