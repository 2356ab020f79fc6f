package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.BOTH;
import static io.understudy.core.coordinator.CoordinatorScene.healthyPrimary;
import static io.understudy.core.coordinator.CoordinatorScene.open;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a tenure ends, and when a lease is over. */
class EndingTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void aPrimaryWhoseServerIsGoneIsRevokedAtOnce() {
        ClusterState state = open(BOTH);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, Scenes.leased(A, ONE, Scenes.gone()));

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C21 revoke-resigned");
        assertThat(decision.commands()).singleElement().isInstanceOf(Command.Revoke.class);
    }

    @Test
    void aSilentPrimaryIsRevokedWhenItsLeaseHasRunOutAndNotBefore() {
        ClusterState state = open(BOTH);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, healthyPrimary());

        scene.pass(Duration.ofMillis(2_999));
        assertThat(scene.decide(state, lookout).commands()).noneMatch(Command.Revoke.class::isInstance);
        scene.pass(Duration.ofMillis(1));
        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C22 revoke-lease-expired");
    }

    @Test
    void aNewRaftLeaderWaitsAFullLeaseBeforeItRevokes() {
        ClusterState state = open(BOTH);
        scene.pass(Duration.ofHours(1));
        Lookout fresh = scene.lookout(state);

        scene.pass(Duration.ofMillis(2_999));
        assertThat(scene.decide(state, fresh).commands()).isEmpty();
        scene.pass(Duration.ofMillis(1));
        assertThat(scene.decide(state, fresh).rule()).isEqualTo("C22 revoke-lease-expired");
    }

    @Test
    void aGrantedNodeThatWasNeverHeardAgainMayBelieveInItsLeaseAsLongAsAnyOther() {
        ClusterState granted = Scenes.ruledByA(Phase.GRANTED, Settings.DEFAULT, BOTH);
        Lookout fresh = new Lookout(ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B, C)), scene.now());
        scene.pass(Duration.ofHours(1));
        fresh.applied(granted, scene.now());
        scene.pass(Settings.DEFAULT.lease());
        ClusterState revoked = granted.copy()
                .tenure(granted.tenure().orElseThrow().withPhase(Phase.REVOKED))
                .done();
        fresh.applied(revoked, scene.now());

        assertThat(new Situation(revoked, fresh.sightings(), scene.now()).leaseIsOver())
                .isTrue();
        assertThat(new Situation(revoked, fresh.sightings(), scene.now()).leaseIsOverOnAnyClock())
                .as("its clock may be slower, and its guard takes a moment")
                .isFalse();
    }

    @Test
    void aChangeThatNobodyCanCompleteOrTurnBackEndsTheTenure() {
        InSyncConfiguration before = InSyncConfiguration.sync(List.of(member(B)));
        InSyncConfiguration after = InSyncConfiguration.sync(List.of(member(B), member(C)));
        ClusterState state =
                Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT.withMode(ReplicationMode.SYNC), before, after);
        Lookout lookout = scene.lookout(state);

        // Both need b, which is gone.
        scene.pass(InSyncPlanning.STUCK_LIMIT.minusMillis(1));
        scene.hear(lookout, state, A, healthyPrimary(C));
        scene.hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));
        assertThat(scene.decide(state, lookout).commands()).isEmpty();
        scene.pass(Duration.ofMillis(1));

        Decision decision = scene.decide(state, lookout);
        assertThat(decision.rule()).isEqualTo("C24 revoke-change-stuck");
        assertThat(decision.commands()).singleElement().isInstanceOf(Command.Revoke.class);

        // Where the others would not suffice either, a new epoch would not help.
        scene.hear(lookout, state, A, healthyPrimary());
        assertThat(scene.decide(state, lookout).commands()).isEmpty();
    }
}
