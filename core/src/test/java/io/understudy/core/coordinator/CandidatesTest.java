package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.BOTH;
import static io.understudy.core.coordinator.CoordinatorScene.ONLY_B;
import static io.understudy.core.coordinator.CoordinatorScene.revoked;
import static io.understudy.core.coordinator.CoordinatorScene.vote;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who may be chosen as primary, and what keeps the others from it. */
class CandidatesTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void oneOfTwoSealsIsNotEnoughWhenAnyOneMayHaveConfirmed() {
        ClusterState state = revoked(BOTH, vote(B, 120));
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        scene.pass(Duration.ofSeconds(60));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C41 no-primary");
        assertThat(decision.reason()).contains("1 of 2 seals").contains("missing [c]");
    }

    @Test
    void aVoterThatHadMoreAndDiedSinceKeepsTheOthersFromBeingChosen() {
        ClusterState state = revoked(BOTH, vote(B, 120), vote(C, 140));
        Lookout lookout = scene.heardSealed(state, 120, 140);
        scene.pass(Duration.ofSeconds(60));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));

        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C41 no-primary");
    }

    @Test
    void theSealedFormerHolderIsEnoughByItself() {
        ClusterState state = revoked(BOTH, vote(A, 150));
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, Scenes.seen(A, TWO, Scenes.sealedAt(150)));

        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C40 grant");
    }

    @Test
    void aDegradedPrimaryIsTheOnlyOneThatMayBePrimaryAgain() {
        InSyncConfiguration degraded = InSyncConfiguration.degraded(ReplicationMode.SEMI_SYNC);
        ClusterState state = revoked(degraded, vote(B, 140), vote(C, 140));
        Lookout lookout = scene.heardSealed(state, 140, 140);
        scene.pass(Duration.ofMinutes(1));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        scene.hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));

        assertThat(scene.decide(state, lookout).reason()).contains("degraded").contains("only it may be primary");
    }

    @Test
    void whoeverHasLogOfATenureSucceedsAHolderWhoseDataIsLostBeforeItOpened() {
        // From before the tenure: its holder was in the set, and was chosen with all that had been acknowledged.
        InSyncConfiguration before = InSyncConfiguration.semiSync(1, List.of(member(A), member(B)));
        ClusterState.Copy lost = Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, before, ONLY_B)
                .copy()
                .vote(vote(B, 140));
        ClusterState state = lost.done();
        Lookout lookout = scene.lookout(state);
        scene.pass(Duration.ofSeconds(4));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));

        assertThat(scene.decide(state, lookout).commands())
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Grant.class, grant -> assertThat(grant.holder()).isEqualTo(member(B)));

        // One that has log of an older epoch only may lack what others confirmed for the older primary.
        ClusterState older = Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, before, ONLY_B);
        Server.Standby sealed = Scenes.sealedAt(90);
        LocalObservation behind = new LocalObservation(
                Scenes.seen(B, TWO, sealed).data(),
                TWO,
                List.of(TimelineStart.GENESIS),
                Position.START,
                new Server.Standby(
                        Optional.empty(),
                        false,
                        false,
                        TimelineStart.GENESIS.timeline(),
                        sealed.position(),
                        sealed.replayed(),
                        sealed.boundary(),
                        Optional.empty()),
                Optional.empty());
        Lookout again = scene.lookout(older);
        scene.pass(Duration.ofSeconds(4));
        scene.hear(again, older, B, behind);
        Decision decision = scene.decide(older, again);
        assertThat(decision.commands()).noneMatch(Command.Grant.class::isInstance);
        assertThat(Candidates.of(new Situation(
                                older.copy()
                                        .vote(new Vote(member(B), TWO, Epoch.NONE, new Position(90)))
                                        .done(),
                                again.sightings(),
                                scene.now()))
                        .obstacle())
                .hasValueSatisfying(why -> assertThat(why).contains("1 of 2 seals for semi-sync: any 1 of (a, b)"));
    }

    @Test
    void theSwitchoversTargetIsChosenAmongEquals() {
        ClusterState state = revoked(BOTH, vote(B, 150), vote(C, 150))
                .copy()
                .switchover(new SwitchoverRequest(
                        Instant.EPOCH, Optional.of(C), Optional.of(C), Optional.of(new Position(150))))
                .done();

        assertThat(scene.decide(state, scene.heardSealed(state, 150, 150)).commands())
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Grant.class, grant -> assertThat(grant.holder()).isEqualTo(member(C)));
    }
}
