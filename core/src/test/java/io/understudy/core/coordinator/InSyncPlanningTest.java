package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.BOTH;
import static io.understudy.core.coordinator.CoordinatorScene.ONLY_B;
import static io.understudy.core.coordinator.CoordinatorScene.atLeastTwo;
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
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which replicas commits wait for, and how that changes: min-in-sync, turning back, giving the guarantee up. */
class InSyncPlanningTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void aConfirmedMarkerOpensTheTenure() {
        ClusterState state = Scenes.ruledByA(Phase.GRANTED, Settings.DEFAULT, BOTH);
        Lookout lookout = scene.lookout(state);
        scene.hear(
                lookout,
                state,
                A,
                Scenes.leased(A, ONE, Scenes.primary(2, new InSyncProgress(7, InSyncProgress.Step.CONFIRMED), B, C)));

        assertThat(scene.decide(state, lookout).commands())
                .containsExactly(new Command.CompleteInSync(ONE, 7), new Command.Open(ONE));
    }

    @Test
    void aLostReplicaLeavesTheInSyncSet() {
        ClusterState state = open(BOTH);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, healthyPrimary(B));
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.commands()).containsExactly(new Command.ChangeInSync(ONE, ONLY_B));
    }

    @Test
    void theLastReplicaStaysInTheSetAndCommitsWait() {
        ClusterState state = open(ONLY_B);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, healthyPrimary());

        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C90 steady");
        assertThat(Guarantee.of(state, lookout.sightings(), scene.now()).commits())
                .startsWith("commits wait");
    }

    @Test
    void anUnconfirmedChangeIsOnlyTurnedToAnotherPossibleConfiguration() {
        ClusterState state = open(BOTH, ONLY_B);
        Lookout lookout = scene.lookout(state);
        scene.pass(Duration.ofSeconds(3));
        scene.hear(lookout, state, A, healthyPrimary(C));
        scene.hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C51 turn-back-in-sync");
        assertThat(decision.commands()).containsExactly(new Command.ChangeInSync(ONE, BOTH));
    }

    @Test
    void withFewerMembersThanMinInSyncCommitsWaitThoughTheRestCouldConfirm() {
        Settings atLeastTwo = atLeastTwo(ReplicationMode.SEMI_SYNC);
        InSyncConfiguration both = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));
        ClusterState state = Scenes.ruledByA(Phase.OPEN, atLeastTwo, both);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        scene.hear(lookout, state, A, healthyPrimary(B));
        Command asked = scene.decide(state, lookout).commands().getFirst();
        assertThat(asked).isInstanceOf(Command.ChangeInSync.class);
        InSyncConfiguration blocked = ((Command.ChangeInSync) asked).target();
        assertThat(blocked.members()).containsExactly(member(B));
        assertThat(blocked.blocksCommits()).isTrue();

        // It is never complete, and there is no way back while the other is away, but at once when it is there.
        ClusterState changing = Scenes.ruledByA(Phase.OPEN, atLeastTwo, both, blocked);
        Lookout later = scene.lookout(changing);
        scene.pass(InSyncPlanning.STUCK_LIMIT);
        scene.hear(later, changing, A, healthyPrimary(B));
        scene.hear(later, changing, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        assertThat(scene.decide(changing, later).commands()).isEmpty();
        assertThat(Guarantee.of(changing, later.sightings(), scene.now()).commits())
                .startsWith("commits wait: ");

        scene.hear(later, changing, A, healthyPrimary(B, C));
        scene.hear(later, changing, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));
        assertThat(scene.decide(changing, later).commands()).containsExactly(new Command.ChangeInSync(ONE, both));
    }

    @Test
    void aNewPrimaryThatFewerThanMinInSyncFollowAcknowledgesNothing() {
        List<Member> one = List.of(member(B));
        assertThat(InSyncConfiguration.of(atLeastTwo(ReplicationMode.SEMI_SYNC), one)
                        .blocksCommits())
                .isTrue();
        assertThat(InSyncConfiguration.of(atLeastTwo(ReplicationMode.SYNC), one).blocksCommits())
                .isTrue();
        assertThat(InSyncConfiguration.of(atLeastTwo(ReplicationMode.ASYNC), one))
                .isEqualTo(InSyncConfiguration.async());
        List<Member> two = List.of(member(B), member(C));
        assertThat(InSyncConfiguration.of(atLeastTwo(ReplicationMode.SEMI_SYNC), two))
                .isEqualTo(InSyncConfiguration.semiSync(1, two));
        assertThat(InSyncConfiguration.of(atLeastTwo(ReplicationMode.SYNC), two))
                .isEqualTo(InSyncConfiguration.sync(two));
    }

    @Test
    void fromABlockedSetAMemberThatReturnsWithOtherDataIsCountedOnAtOnce() {
        Settings atLeastTwo = atLeastTwo(ReplicationMode.SEMI_SYNC);
        Member before = new Member(C, new Incarnation("life-of-c-that-was-lost"));
        InSyncConfiguration both = InSyncConfiguration.semiSync(1, List.of(member(B), before));
        InSyncConfiguration blocked = InSyncConfiguration.of(atLeastTwo, List.of(member(B)));
        ClusterState state = Scenes.ruledByA(Phase.OPEN, atLeastTwo, both, blocked);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, healthyPrimary(B, C));
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        scene.hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));

        assertThat(scene.decide(state, lookout).commands())
                .containsExactly(
                        new Command.ChangeInSync(ONE, InSyncConfiguration.semiSync(1, List.of(member(B), member(C)))));
    }

    @Test
    void aNewPrimaryThatTooFewFollowGivesTheGuaranteeUpWhereThatIsAskedForAndNotAtOnce() {
        Settings degrading =
                new Settings(ReplicationMode.SEMI_SYNC, 1, 2, Settings.OnShortage.DEGRADE, Duration.ofSeconds(3), 0);
        InSyncConfiguration blocked = InSyncConfiguration.of(degrading, List.of(member(B)));
        ClusterState state = Scenes.ruledByA(Phase.GRANTED, degrading, blocked);
        Lookout lookout = scene.lookout(state);
        scene.pass(InSyncPlanning.MARKER_LIMIT.minusMillis(1));
        scene.hear(lookout, state, A, healthyPrimary(B));
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        assertThat(scene.decide(state, lookout).commands()).isEmpty();
        scene.pass(Duration.ofMillis(1));
        assertThat(scene.decide(state, lookout).commands())
                .containsExactly(
                        new Command.ChangeInSync(ONE, InSyncConfiguration.degraded(ReplicationMode.SEMI_SYNC)));
    }
}
