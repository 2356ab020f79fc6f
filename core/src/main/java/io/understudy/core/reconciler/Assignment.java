package io.understudy.core.reconciler;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the ledger asks of one node. Follows from the ledger's state alone. */
public sealed interface Assignment {

    /** Nothing is asked yet. */
    record Unassigned(String reason) implements Assignment {}

    /** Make the cluster's first database. */
    record MakeFirst() implements Assignment {}

    /**
     * There is no primary: confirm nothing for the past, and vote.
     *
     * @param self the node asked
     * @param next the epoch to promise
     * @param frontRunner whose vote is ahead of the others so far, empty without votes
     */
    record SealFor(NodeId self, Epoch next, Optional<NodeId> frontRunner) implements Assignment {}

    /**
     * Be the primary.
     *
     * @param switchover to be handed over to its target, once that is chosen
     */
    record Lead(Tenure tenure, List<TimelineStart> lineage, InSync inSync, Optional<SwitchoverRequest> switchover)
            implements Assignment {
        public Lead {
            lineage = List.copyOf(lineage);
        }
    }

    /**
     * Copy from the primary.
     *
     * @param boundaries where the epochs of the history began, for measuring data that went another way
     */
    record FollowPrimary(
            Tenure tenure,
            Endpoint primary,
            List<TimelineStart> lineage,
            ReplicationMode mode,
            Map<Epoch, Boundary> boundaries)
            implements Assignment {
        public FollowPrimary {
            lineage = List.copyOf(lineage);
            boundaries = Map.copyOf(boundaries);
        }
    }

    /** The assignment of {@code node}. */
    static Assignment of(ClusterState state, NodeId node) {
        if (!state.nodes().contains(node)) {
            return new Unassigned("node " + node + " does not belong to cluster " + state.name() + ": expected one of "
                    + state.nodes());
        }
        if (state.tenure().isEmpty()) {
            return beforeFirst(state, node);
        }
        Tenure tenure = state.tenure().get();
        if (tenure.phase() == Phase.REVOKED) {
            return new SealFor(
                    node,
                    tenure.epoch().next(),
                    state.frontRunner().map(Vote::member).map(Member::node));
        }
        if (tenure.holder().node().equals(node)) {
            return new Lead(tenure, state.lineage(), state.inSync(), state.switchover());
        }
        Optional<Endpoint> primary =
                Optional.ofNullable(state.members().get(tenure.holder().node())).map(MemberRecord::database);
        return primary.<Assignment>map(endpoint -> new FollowPrimary(
                        tenure, endpoint, state.lineage(), state.settings().mode(), boundaries(state)))
                .orElseGet(() -> new Unassigned("the primary's address is not in the ledger"));
    }

    private static Assignment beforeFirst(ClusterState state, NodeId node) {
        if (!state.initialiser().equals(Optional.of(node))) {
            return new Unassigned(
                    state.initialiser().isEmpty()
                            ? "waiting for every node to report before the first database is made"
                            : "waiting for " + state.initialiser().get() + " to make the first database");
        }
        return state.member(node).isEmpty()
                ? new MakeFirst()
                : new SealFor(node, state.epoch().next(), Optional.of(node));
    }

    private static Map<Epoch, Boundary> boundaries(ClusterState state) {
        Map<Epoch, Boundary> known = new HashMap<>();
        for (PrimaryChange change : state.history()) {
            change.boundary().ifPresent(boundary -> known.put(change.epoch(), boundary));
        }
        return known;
    }
}
