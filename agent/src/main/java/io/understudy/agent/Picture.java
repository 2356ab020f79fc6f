package io.understudy.agent;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.Quarantined;
import java.util.List;
import java.util.Optional;

/**
 * One turn of the loop: what was seen, asked for and decided.
 *
 * @param at when looking began
 * @param state the ledger's state decided on, empty before the ledger answered
 * @param failure of this very step, while it is tried again
 * @param kept the quarantine, as last listed
 */
record Picture(
        LocalObservation seen,
        MonotonicTime at,
        Optional<ClusterState> state,
        Assignment assignment,
        Step step,
        Optional<Attempts.Failure> failure,
        List<Quarantined> kept) {

    Picture {
        kept = List.copyOf(kept);
    }

    Optional<Incarnation> incarnation() {
        return seen.data() instanceof Data.Ours ours ? Optional.of(ours.incarnation()) : Optional.empty();
    }

    List<Receipt> receipts() {
        return kept.stream().map(Quarantined::receipt).flatMap(Optional::stream).toList();
    }

    Doing doing() {
        return new Doing(step.rule(), step.reason(), failure.map(Attempts.Failure::text));
    }

    /** Whether {@code node} holds the running tenure by the ledger, with whatever data. */
    boolean isHeldBy(NodeId node) {
        return state.flatMap(ClusterState::running)
                .filter(held -> held.holder().node().equals(node))
                .isPresent();
    }
}
