package io.understudy.router.topology;

import io.understudy.core.cluster.Epoch;
import io.understudy.router.topology.Topology.NoPrimary;
import io.understudy.router.topology.Topology.Primary;
import io.understudy.router.topology.Topology.Unknown;
import java.util.Optional;

/**
 * What follows from what the nodes say of themselves. Of several that say yes the highest epoch wins, for good: an epoch that
 * was believed is never left for a lower one. Only the node itself ends its epoch before a higher one begins; a node that is silent
 * says nothing. Not thread-safe.
 */
final class Beliefs {

    private Topology topology = new Unknown();

    /** The highest epoch that anybody claimed, whether it has ended or not. */
    private Optional<Primary> newest = Optional.empty();

    /** What is believed now. */
    Topology topology() {
        return topology;
    }

    /** Takes a word in; returns whether it changed what is believed. */
    boolean heard(NodeWord word) {
        Topology before = topology;
        Epoch highest = newest.map(Primary::epoch).orElse(Epoch.NONE);
        if (word.primaryOf().filter(epoch -> highest.isBefore(epoch)).isPresent()) {
            Primary primary = new Primary(word.node(), word.primaryOf().get(), word.database());
            newest = Optional.of(primary);
            topology = primary;
        } else if (newest.filter(primary -> primary.node().equals(word.node())).isPresent()) {
            // A node whose lease was renewed late goes on with the epoch that it had given up.
            topology = word.primaryOf().equals(newest.map(Primary::epoch)) ? newest.get() : new NoPrimary();
        } else if (topology instanceof Unknown) {
            topology = new NoPrimary();
        }
        return !topology.equals(before);
    }
}
