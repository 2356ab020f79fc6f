package io.understudy.simulation;

import io.understudy.coordination.Ledger;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Proposal;
import java.util.Optional;

/**
 * An entry of the Raft log with everything before it; the state it leads to follows from that.
 *
 * @param before the entry before it, empty for the first
 * @param proposal empty for what a new leader writes first
 */
record RaftEntry(
        long term,
        long index,
        Optional<RaftEntry> before,
        Optional<Proposal> proposal,
        ClusterState state,
        String refused) {

    static RaftEntry first(ClusterState state) {
        return new RaftEntry(0, 0, Optional.empty(), Optional.empty(), state, "");
    }

    RaftEntry then(long inTerm) {
        return new RaftEntry(inTerm, index + 1, Optional.of(this), Optional.empty(), state, "");
    }

    RaftEntry then(long inTerm, Proposal next) {
        return switch (Ledger.apply(state, next)) {
            case Ledger.Result.Accepted accepted ->
                new RaftEntry(inTerm, index + 1, Optional.of(this), Optional.of(next), accepted.state(), "");
            case Ledger.Result.Refused no ->
                new RaftEntry(inTerm, index + 1, Optional.of(this), Optional.of(next), state, no.reason());
        };
    }

    /** The entry at {@code wanted}, which is not after this one. */
    RaftEntry at(long wanted) {
        RaftEntry entry = this;
        while (entry.index > wanted) {
            entry = entry.before.orElseThrow();
        }
        return entry;
    }

    /** Whether this log holds all of {@code other}. */
    boolean extend(RaftEntry other) {
        return other.index <= index && at(other.index) == other;
    }

    boolean isNewerThan(RaftEntry other) {
        return term != other.term ? term > other.term : index > other.index;
    }
}
