package io.understudy.core.reconciler;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FollowingTest {

    private static final Epoch THREE = new Epoch(3);
    private static final InSyncConfiguration BOTH = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));

    @Test
    void whoeverKeepsAReplicaFromFollowingANewPrimaryIsEndedWhileThatCannotOpen() {
        assertThat(decide(Phase.GRANTED, behind())).isInstanceOf(Action.EndReplayBlockers.class);
        assertThat(decide(Phase.OPEN, behind()))
                .as("nobody waits for this replica")
                .isInstanceOf(Action.Wait.class);
        assertThat(decide(Phase.GRANTED, Scenes.streaming(A, 140))).isInstanceOf(Action.Wait.class);
    }

    /** A receiver that reconnected by itself went on in epoch 2; beside the data stands only epoch 1. */
    @Test
    void aReceiptIsOfTheEpochThatWroteTheLog() {
        Tenure third = new Tenure(THREE, member(C), new TimelineId(4), Scenes.boundary(130), Phase.OPEN);
        ClusterState state = Scenes.ruledByB()
                .copy()
                .tenure(third)
                .extendLineage(third.start())
                .done();
        Server.Standby ended = Scenes.sealedAt(140);
        Server.Standby ofEpochTwo = new Server.Standby(
                ended.upstream(),
                false,
                false,
                new TimelineId(3),
                ended.position(),
                ended.replayed(),
                ended.boundary(),
                ended.primaryEnd());
        Action action = Reconciler.next(Assignment.of(state, A), Scenes.seen(A, THREE, ofEpochTwo))
                .action();
        assertThat(action)
                .isInstanceOfSatisfying(
                        Action.Quarantine.class,
                        kept -> assertThat(kept.own().getLast().epoch()).isEqualTo(TWO));
    }

    private static Action decide(Phase phase, Server server) {
        return Reconciler.next(
                        Assignment.of(Scenes.ruledByA(phase, Settings.DEFAULT, BOTH), B), Scenes.seen(B, ONE, server))
                .action();
    }

    private static Server.Standby behind() {
        Server.Standby well = Scenes.streaming(A, 140);
        return new Server.Standby(
                well.upstream(),
                false,
                false,
                well.timeline(),
                well.position(),
                new Position(100),
                Optional.empty(),
                well.primaryEnd());
    }
}
