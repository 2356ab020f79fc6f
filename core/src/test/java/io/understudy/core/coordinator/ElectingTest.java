package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.BOTH;
import static io.understudy.core.coordinator.CoordinatorScene.ONLY_B;
import static io.understudy.core.coordinator.CoordinatorScene.revoked;
import static io.understudy.core.coordinator.CoordinatorScene.vote;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How votes are recorded, and what a Grant says: its holder, its boundary, and the replicas counted on. */
class ElectingTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void theMostAdvancedSealedReplicaIsGrantedTheNextEpochAtItsBoundary() {
        ClusterState state = revoked(BOTH, vote(B, 120), vote(C, 140));
        Lookout lookout = scene.heardSealed(state, 120, 140);

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C40 grant");
        assertThat(decision.commands()).singleElement().isInstanceOfSatisfying(Command.Grant.class, grant -> {
            assertThat(grant.holder()).isEqualTo(member(C));
            assertThat(grant.epoch()).isEqualTo(TWO);
            assertThat(grant.timeline().number()).isEqualTo(3);
            assertThat(grant.boundary().position()).isEqualTo(new Position(140));
            assertThat(grant.target().members()).containsExactly(member(B));
        });
    }

    @Test
    void theVotesThatDecideGoIntoTheLedgerTogetherWithTheGrant() {
        ClusterState state = revoked(BOTH);
        Lookout lookout = scene.heardSealed(state, 120, 140);

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C40 grant");
        assertThat(decision.commands()).hasSize(3);
        assertThat(decision.commands().subList(0, 2))
                .containsExactly(new Command.RecordVote(vote(B, 120)), new Command.RecordVote(vote(C, 140)));
        assertThat(decision.commands().getLast()).isInstanceOf(Command.Grant.class);
    }

    @Test
    void aVoteIsWrittenDownByItselfOnlyWhenItsGrantDoesNotFollowSoon() {
        ClusterState state = revoked(BOTH);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C41 no-primary");
        assertThat(scene.decide(state, lookout).commands()).isEmpty();
        assertThat(scene.decide(state, lookout).reason()).contains("1 of 2 seals");

        scene.pass(Electing.VOTES_KEPT_BACK);
        assertThat(scene.decide(state, lookout).commands()).containsExactly(new Command.RecordVote(vote(B, 120)));
    }

    @Test
    void aWinnerThatCannotFinishReplayIsToldAtOnceThatItIsAhead() {
        ClusterState state = revoked(BOTH);
        Lookout lookout = scene.lookout(state);
        Server.Standby blocked = Scenes.sealedAt(140);
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        scene.hear(
                lookout,
                state,
                C,
                Scenes.seen(
                        C,
                        TWO,
                        new Server.Standby(
                                blocked.upstream(),
                                blocked.receiving(),
                                blocked.streaming(),
                                blocked.timeline(),
                                blocked.position(),
                                new Position(100),
                                Optional.empty(),
                                blocked.primaryEnd())));

        assertThat(scene.decide(state, lookout).commands())
                .containsExactly(new Command.RecordVote(vote(B, 120)), new Command.RecordVote(vote(C, 140)));
    }

    @Test
    void afterACleanStopAReplicaThatIsStillSealingIsCountedOnFromTheStart() {
        ClusterState state = revoked(BOTH)
                .copy()
                .switchover(new SwitchoverRequest(
                        Instant.EPOCH, Optional.of(C), Optional.of(C), Optional.of(new Position(150))))
                .done();
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(150)));
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 150)));

        assertThat(scene.decide(state, lookout).commands().getLast())
                .isInstanceOfSatisfying(
                        Command.Grant.class,
                        grant -> assertThat(grant.target().members()).containsExactly(member(B)));
    }

    @Test
    void whoeverLacksTheLastRecordOfACleanStopCountsOnSealedMembersOnly() {
        ClusterState state = revoked(ONLY_B)
                .copy()
                .switchover(new SwitchoverRequest(
                        Instant.EPOCH, Optional.of(C), Optional.of(C), Optional.of(new Position(150))))
                .done();
        Lookout lookout = scene.lookout(state);
        scene.pass(Candidates.HAND_OVER_LIMIT);
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        scene.hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 150)));

        assertThat(scene.decide(state, lookout).commands().getLast())
                .isInstanceOfSatisfying(
                        Command.Grant.class,
                        grant -> assertThat(grant.target().members()).isEmpty());
    }

    @Test
    void afterAFailureOnlySealedMembersAreCountedOn() {
        ClusterState state = revoked(ONLY_B);
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        scene.hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 120)));
        scene.pass(Candidates.STRAGGLERS);

        assertThat(scene.decide(state, lookout).commands().getLast())
                .isInstanceOfSatisfying(
                        Command.Grant.class,
                        grant -> assertThat(grant.target().members()).isEmpty());
    }
}
