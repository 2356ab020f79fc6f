package io.understudy.core.cluster;

import java.util.Optional;

/**
 * One node's time as primary. Made by {@code Coordinator} alone.
 *
 * @param holder the node with the life of its data at the time of the Grant
 * @param timeline the id the ledger allocated for its log
 * @param boundary where it begins
 */
public record Tenure(Epoch epoch, Member holder, TimelineId timeline, Boundary boundary, Phase phase) {

    public Tenure withPhase(Phase next) {
        return new Tenure(epoch, holder, timeline, boundary, next);
    }

    /** Its entry in the lineage. */
    public TimelineStart start() {
        return new TimelineStart(epoch, timeline, boundary.position());
    }

    /** Whether {@code node} with this life of its data is the holder; never without data. */
    public boolean isOf(NodeId node, Optional<Incarnation> life) {
        return holder.node().equals(node) && life.equals(Optional.of(holder.incarnation()));
    }

    /** Whether its holder is, or is about to be, primary. */
    public boolean isRunning() {
        return phase != Phase.REVOKED;
    }
}
