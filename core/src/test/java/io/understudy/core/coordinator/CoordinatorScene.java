package io.understudy.core.coordinator;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Vote;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.util.List;

/** A clock, and what a Raft leader hears and decides by it; the clusters are those of {@link Scenes}. */
final class CoordinatorScene {

    static final InSyncConfiguration BOTH = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));
    static final InSyncConfiguration ONLY_B = InSyncConfiguration.semiSync(1, List.of(member(B)));

    private MonotonicTime now = new MonotonicTime(1_000_000_000L);

    MonotonicTime now() {
        return now;
    }

    void pass(Duration duration) {
        now = now.plus(duration);
    }

    /** A Raft leader elected now, which has heard nobody. */
    Lookout lookout(ClusterState state) {
        return new Lookout(state, now);
    }

    void hear(Lookout lookout, ClusterState state, NodeId node, LocalObservation seen) {
        lookout.received(
                Report.of(Scenes.record(node), Assignment.of(state, node), seen, "R00", List.of()), state, now);
    }

    /** A Raft leader elected now, which has heard b and c, sealed at these positions. */
    Lookout heardSealed(ClusterState state, long b, long c) {
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(b)));
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(c)));
        return lookout;
    }

    Decision decide(ClusterState state, Lookout lookout) {
        return Coordinator.decide(state, lookout.sightings(), now);
    }

    /** Epoch 1 of a, open. */
    static ClusterState open(InSyncConfiguration... possible) {
        return Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT, possible);
    }

    /** Epoch 1 of a, revoked, with these votes in the ledger. */
    static ClusterState revoked(InSyncConfiguration possible, Vote... votes) {
        ClusterState.Copy state =
                Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, possible).copy();
        for (Vote vote : votes) {
            state.vote(vote);
        }
        return state.done();
    }

    /** A vote for epoch 2. */
    static Vote vote(NodeId node, long position) {
        return new Vote(member(node), TWO, ONE, new Position(position));
    }

    static LocalObservation healthyPrimary(NodeId... replicas) {
        return Scenes.leased(A, ONE, Scenes.primary(2, new InSyncProgress(7, InSyncProgress.Step.SET), replicas));
    }

    static Settings atLeastTwo(ReplicationMode mode) {
        return new Settings(mode, 1, 2, Settings.OnShortage.WAIT, Duration.ofSeconds(3), 0);
    }
}
