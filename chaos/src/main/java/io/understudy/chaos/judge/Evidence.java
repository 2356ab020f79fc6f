package io.understudy.chaos.judge;

import io.understudy.chaos.workload.Acknowledgements;
import io.understudy.chaos.workload.Book;
import io.understudy.chaos.workload.Outcome;
import io.understudy.chaos.workload.Shown;
import io.understudy.core.cluster.ReplicationMode;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a verdict rests on.
 *
 * @param knownLost ids that an earlier verdict found lost; they are not counted again
 * @param stored what the primary holds, while nothing is sent
 * @param replicas what each other node holds, once it has replayed all that the primary wrote
 * @param before the ids that the last verdict read back; empty before the first
 * @param told how many transactions all receipts so far call lost; empty when what a failover lost could not be measured
 * @param successions when each successor was first seen to be chosen
 */
record Evidence(
        ReplicationMode mode,
        Book book,
        BitSet knownLost,
        Shown shown,
        Acknowledgements acknowledgements,
        Stored stored,
        Map<String, Stored> replicas,
        BitSet before,
        Optional<Long> told,
        List<Succession> successions) {

    Evidence {
        replicas = Map.copyOf(replicas);
        successions = List.copyOf(successions);
    }

    /**
     * A node was chosen.
     *
     * @param address of its server
     * @param seenNanos when that was first seen from outside, on {@link System#nanoTime}: it was so then, and earlier
     */
    record Succession(long epoch, String node, String address, long seenNanos) {}

    /** Acknowledged, not there, and not found lost earlier. */
    BitSet lost() {
        BitSet lost = book.ids(Outcome.ACKNOWLEDGED);
        lost.andNot(stored.ids());
        lost.andNot(knownLost);
        return lost;
    }
}
