package io.understudy.core.coordinator;

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
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CoordinatorTest {

    private static final InSyncConfiguration BOTH = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));
    private static final InSyncConfiguration ONLY_B = InSyncConfiguration.semiSync(1, List.of(member(B)));

    private MonotonicTime now = new MonotonicTime(1_000_000_000L);

    @Test
    void aPrimaryWhoseServerIsGoneIsRevokedAtOnce() {
        ClusterState state = open(BOTH);
        Lookout lookout = lookout(state);
        hear(lookout, state, A, Scenes.leased(A, ONE, Scenes.gone()));

        Decision decision = decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C21 revoke-resigned");
        assertThat(decision.commands()).singleElement().isInstanceOf(Command.Revoke.class);
    }

    @Test
    void aSilentPrimaryIsRevokedWhenItsLeaseHasRunOutAndNotBefore() {
        ClusterState state = open(BOTH);
        Lookout lookout = lookout(state);
        hear(lookout, state, A, healthyPrimary());

        pass(Duration.ofMillis(2_999));
        assertThat(decide(state, lookout).commands()).noneMatch(Command.Revoke.class::isInstance);
        pass(Duration.ofMillis(1));
        assertThat(decide(state, lookout).rule()).isEqualTo("C22 revoke-lease-expired");
    }

    @Test
    void aNewRaftLeaderWaitsAFullLeaseBeforeItRevokes() {
        ClusterState state = open(BOTH);
        pass(Duration.ofHours(1));
        Lookout fresh = lookout(state);

        pass(Duration.ofMillis(2_999));
        assertThat(decide(state, fresh).commands()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(decide(state, fresh).rule()).isEqualTo("C22 revoke-lease-expired");
    }

    @Test
    void theMostAdvancedSealedReplicaIsGrantedTheNextEpochAtItsBoundary() {
        ClusterState state = revoked(BOTH, vote(B, 120), vote(C, 140));
        Lookout lookout = heardSealed(state, 120, 140);

        Decision decision = decide(state, lookout);

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
        Lookout lookout = heardSealed(state, 120, 140);

        Decision decision = decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C40 grant");
        assertThat(decision.commands()).hasSize(3);
        assertThat(decision.commands().subList(0, 2))
                .containsExactly(new Command.RecordVote(vote(B, 120)), new Command.RecordVote(vote(C, 140)));
        assertThat(decision.commands().getLast()).isInstanceOf(Command.Grant.class);
    }

    @Test
    void aVoteIsWrittenDownByItselfOnlyWhenItsGrantDoesNotFollowSoon() {
        ClusterState state = revoked(BOTH);
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        assertThat(decide(state, lookout).rule()).isEqualTo("C41 no-primary");
        assertThat(decide(state, lookout).commands()).isEmpty();
        assertThat(decide(state, lookout).reason()).contains("1 of 2 seals");

        pass(Electing.VOTES_KEPT_BACK);
        assertThat(decide(state, lookout).commands()).containsExactly(new Command.RecordVote(vote(B, 120)));
    }

    @Test
    void afterACleanStopAReplicaThatIsStillSealingIsCountedOnFromTheStart() {
        ClusterState state = revoked(BOTH)
                .copy()
                .switchover(new SwitchoverRequest(
                        Instant.EPOCH, Optional.of(C), Optional.of(C), Optional.of(new Position(150))))
                .done();
        Lookout lookout = lookout(state);
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(150)));
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 150)));

        assertThat(decide(state, lookout).commands().getLast())
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
        Lookout lookout = lookout(state);
        pass(Candidates.HAND_OVER_LIMIT);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 150)));

        assertThat(decide(state, lookout).commands().getLast())
                .isInstanceOfSatisfying(
                        Command.Grant.class,
                        grant -> assertThat(grant.target().members()).isEmpty());
    }

    @Test
    void aWinnerThatCannotFinishReplayIsToldAtOnceThatItIsAhead() {
        ClusterState state = revoked(BOTH);
        Lookout lookout = lookout(state);
        Server.Standby blocked = Scenes.sealedAt(140);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        hear(
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

        assertThat(decide(state, lookout).commands())
                .containsExactly(new Command.RecordVote(vote(B, 120)), new Command.RecordVote(vote(C, 140)));
    }

    @Test
    void aGrantedNodeThatWasNeverHeardAgainMayBelieveInItsLeaseAsLongAsAnyOther() {
        ClusterState granted = Scenes.ruledByA(Phase.GRANTED, Settings.DEFAULT, BOTH);
        Lookout fresh = new Lookout(ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B, C)), now);
        pass(Duration.ofHours(1));
        fresh.applied(granted, now);
        pass(Settings.DEFAULT.lease());
        ClusterState revoked = granted.copy()
                .tenure(granted.tenure().orElseThrow().withPhase(Phase.REVOKED))
                .done();
        fresh.applied(revoked, now);

        assertThat(new Situation(revoked, fresh.sightings(), now).leaseIsOver()).isTrue();
        assertThat(new Situation(revoked, fresh.sightings(), now).leaseIsOverOnAnyClock())
                .as("its clock may be slower, and its guard takes a moment")
                .isFalse();
    }

    @Test
    void afterAFailureOnlySealedMembersAreCountedOn() {
        ClusterState state = revoked(ONLY_B);
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 120)));
        pass(Candidates.STRAGGLERS);

        assertThat(decide(state, lookout).commands().getLast())
                .isInstanceOfSatisfying(
                        Command.Grant.class,
                        grant -> assertThat(grant.target().members()).isEmpty());
    }

    @Test
    void oneOfTwoSealsIsNotEnoughWhenAnyOneMayHaveConfirmed() {
        ClusterState state = revoked(BOTH, vote(B, 120));
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));
        pass(Duration.ofSeconds(60));
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));

        Decision decision = decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C41 no-primary");
        assertThat(decision.reason()).contains("1 of 2 seals").contains("missing [c]");
    }

    @Test
    void aVoterThatHadMoreAndDiedSinceKeepsTheOthersFromBeingChosen() {
        ClusterState state = revoked(BOTH, vote(B, 120), vote(C, 140));
        Lookout lookout = heardSealed(state, 120, 140);
        pass(Duration.ofSeconds(60));
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(120)));

        assertThat(decide(state, lookout).rule()).isEqualTo("C41 no-primary");
    }

    @Test
    void theSealedFormerHolderIsEnoughByItself() {
        ClusterState state = revoked(BOTH, vote(A, 150));
        Lookout lookout = lookout(state);
        hear(lookout, state, A, Scenes.seen(A, TWO, Scenes.sealedAt(150)));

        assertThat(decide(state, lookout).rule()).isEqualTo("C40 grant");
    }

    @Test
    void aDegradedPrimaryIsTheOnlyOneThatMayBePrimaryAgain() {
        InSyncConfiguration degraded = InSyncConfiguration.degraded(ReplicationMode.SEMI_SYNC);
        ClusterState state = revoked(degraded, vote(B, 140), vote(C, 140));
        Lookout lookout = heardSealed(state, 140, 140);
        pass(Duration.ofMinutes(1));
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));

        assertThat(decide(state, lookout).reason()).contains("degraded").contains("only it may be primary");
    }

    @Test
    void inAsyncASilentFormerHolderMustHaveLostItsLeaseOnItsOwnClockToo() {
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, 140), vote(C, 140));
        Lookout lookout = heardSealed(state, 140, 140);
        Duration onASlowerClock = Duration.ofMillis(3_000 + 3_000 / 25 + 50);

        pass(onASlowerClock.minusMillis(1));
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));
        assertThat(decide(state, lookout).reason()).contains("may still acknowledge");

        pass(Duration.ofMillis(1));
        assertThat(decide(state, lookout).rule()).isEqualTo("C40 grant");
    }

    @Test
    void inAsyncAReplicaTooFarBehindIsNotChosen() {
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, 140));
        Lookout lookout = lookout(state);
        long far = 140 + state.settings().maxFailoverLagBytes() + 1;
        Server.Standby sealed = Scenes.sealedAt(140);
        Server.Standby behind = new Server.Standby(
                Optional.empty(),
                false,
                false,
                sealed.timeline(),
                sealed.position(),
                sealed.replayed(),
                sealed.boundary(),
                Optional.of(new Position(far)));
        pass(Duration.ofSeconds(4));
        hear(lookout, state, B, Scenes.seen(B, TWO, behind));

        assertThat(decide(state, lookout).reason()).contains("max-failover-lag");
    }

    @Test
    void inAsyncAVoteInTheLedgerTellsANewRaftLeaderHowFarTheLogWent() {
        long far = 140 + Settings.DEFAULT.maxFailoverLagBytes() + 1;
        ClusterState state = revoked(InSyncConfiguration.async(), vote(A, far), vote(B, 140));
        Lookout fresh = lookout(state);
        pass(Duration.ofSeconds(4));
        hear(fresh, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));

        assertThat(decide(state, fresh).reason()).contains("b lacks 16777217 bytes");
    }

    @Test
    void inAsyncWhatAServerWroteOutOfTurnIsNotTakenForTheFormerPrimarysLog() {
        long far = 140 + Settings.DEFAULT.maxFailoverLagBytes() + 1;
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, far), vote(C, 140));
        Lookout lookout = lookout(state);
        pass(Duration.ofSeconds(4));
        LocalObservation written = Scenes.seen(B, TWO, Scenes.sealedAt(far));
        List<TimelineStart> left = new ArrayList<>(written.lineage());
        left.add(new TimelineStart(ONE, new TimelineId(2), Position.START));
        hear(
                lookout,
                state,
                B,
                new LocalObservation(
                        written.data(),
                        written.promised(),
                        left,
                        new Position(far),
                        written.server(),
                        written.lease()));
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));

        assertThat(decide(state, lookout).commands())
                .filteredOn(Command.Grant.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Grant.class, grant -> assertThat(grant.holder()).isEqualTo(member(C)));
    }

    @Test
    void whoeverHasLogOfATenureSucceedsAHolderWhoseDataIsLostBeforeItOpened() {
        // From before the tenure: its holder was in the set, and was chosen with all that had been acknowledged.
        InSyncConfiguration before = InSyncConfiguration.semiSync(1, List.of(member(A), member(B)));
        ClusterState.Copy lost = Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, before, ONLY_B)
                .copy()
                .vote(vote(B, 140));
        ClusterState state = lost.done();
        Lookout lookout = lookout(state);
        pass(Duration.ofSeconds(4));
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));

        assertThat(decide(state, lookout).commands())
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
        Lookout again = lookout(older);
        pass(Duration.ofSeconds(4));
        hear(again, older, B, behind);
        Decision decision = decide(older, again);
        assertThat(decision.commands()).noneMatch(Command.Grant.class::isInstance);
        assertThat(Candidates.of(new Situation(
                                older.copy()
                                        .vote(new Vote(member(B), TWO, Epoch.NONE, new Position(90)))
                                        .done(),
                                again.sightings(),
                                now))
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

        assertThat(decide(state, heardSealed(state, 150, 150)).commands())
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Grant.class, grant -> assertThat(grant.holder()).isEqualTo(member(C)));
    }

    @Test
    void aLostReplicaLeavesTheInSyncSet() {
        ClusterState state = open(BOTH);
        Lookout lookout = lookout(state);
        hear(lookout, state, A, healthyPrimary(B));
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        Decision decision = decide(state, lookout);

        assertThat(decision.commands()).containsExactly(new Command.ChangeInSync(ONE, ONLY_B));
    }

    @Test
    void theLastReplicaStaysInTheSetAndCommitsWait() {
        ClusterState state = open(ONLY_B);
        Lookout lookout = lookout(state);
        hear(lookout, state, A, healthyPrimary());

        assertThat(decide(state, lookout).rule()).isEqualTo("C90 steady");
        assertThat(Guarantee.of(state, lookout.sightings(), now).commits()).startsWith("commits wait");
    }

    @Test
    void whoseCommitsWaitForLessIsSaidWithTheGuarantee() {
        ClusterState state = open(ONLY_B);
        Lookout lookout = lookout(state);
        Server.Primary primary = (Server.Primary) healthyPrimary(B).server();
        Server.Primary exempting = new Server.Primary(
                primary.timeline(),
                primary.position(),
                primary.inSync(),
                primary.replicas(),
                List.of("role reporting (synchronous_commit=off)"));
        hear(lookout, state, A, Scenes.seen(A, ONE, exempting));

        assertThat(Guarantee.of(state, lookout.sightings(), now).commits())
                .endsWith("by a setting of their own: role reporting (synchronous_commit=off)");
    }

    @Test
    void anUnconfirmedChangeIsOnlyTurnedToAnotherPossibleConfiguration() {
        ClusterState state = open(BOTH, ONLY_B);
        Lookout lookout = lookout(state);
        pass(Duration.ofSeconds(3));
        hear(lookout, state, A, healthyPrimary(C));
        hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));

        Decision decision = decide(state, lookout);

        assertThat(decision.rule()).isEqualTo("C51 turn-back-in-sync");
        assertThat(decision.commands()).containsExactly(new Command.ChangeInSync(ONE, BOTH));
    }

    @Test
    void aConfirmedMarkerOpensTheTenure() {
        ClusterState state = Scenes.ruledByA(Phase.GRANTED, Settings.DEFAULT, BOTH);
        Lookout lookout = lookout(state);
        hear(
                lookout,
                state,
                A,
                Scenes.leased(A, ONE, Scenes.primary(2, new InSyncProgress(7, InSyncProgress.Step.CONFIRMED), B, C)));

        assertThat(decide(state, lookout).commands())
                .containsExactly(new Command.CompleteInSync(ONE, 7), new Command.Open(ONE));
    }

    @Test
    void aSwitchoverToAReplicaThatDoesNotStreamIsRefusedWithTheReason() {
        ClusterState state = open(ONLY_B)
                .copy()
                .switchover(new SwitchoverRequest(Instant.EPOCH, Optional.of(C), Optional.empty(), Optional.empty()))
                .done();
        Lookout lookout = lookout(state);
        hear(lookout, state, A, healthyPrimary(B));
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        Decision decision = decide(state, lookout);

        assertThat(decision.commands()).containsExactly(new Command.CancelSwitchover());
        assertThat(decision.reason()).contains("refused: c").contains("healthy now: [b]");
    }

    @Test
    void theReasonIsNeverEmpty() {
        assertThat(Coordinator.rules()).extracting(CoordinatorRule::id).doesNotHaveDuplicates();
        ClusterState forming = ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B, C));
        assertThat(decide(forming, lookout(forming)).reason()).contains("waiting for");
    }

    private Lookout heardSealed(ClusterState state, long b, long c) {
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(b)));
        hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(c)));
        return lookout;
    }

    @Test
    void aChangeThatNobodyCanCompleteOrTurnBackEndsTheTenure() {
        InSyncConfiguration before = InSyncConfiguration.sync(List.of(member(B)));
        InSyncConfiguration after = InSyncConfiguration.sync(List.of(member(B), member(C)));
        ClusterState state =
                Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT.withMode(ReplicationMode.SYNC), before, after);
        Lookout lookout = lookout(state);

        // Both need b, which is gone.
        pass(InSyncPlanning.STUCK_LIMIT.minusMillis(1));
        hear(lookout, state, A, healthyPrimary(C));
        hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));
        assertThat(decide(state, lookout).commands()).isEmpty();
        pass(Duration.ofMillis(1));

        Decision decision = decide(state, lookout);
        assertThat(decision.rule()).isEqualTo("C24 revoke-change-stuck");
        assertThat(decision.commands()).singleElement().isInstanceOf(Command.Revoke.class);

        // Where the others would not suffice either, a new epoch would not help.
        hear(lookout, state, A, healthyPrimary());
        assertThat(decide(state, lookout).commands()).isEmpty();
    }

    @Test
    void withFewerMembersThanMinInSyncCommitsWaitThoughTheRestCouldConfirm() {
        Settings atLeastTwo = atLeastTwo(ReplicationMode.SEMI_SYNC);
        InSyncConfiguration both = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));
        ClusterState state = Scenes.ruledByA(Phase.OPEN, atLeastTwo, both);
        Lookout lookout = lookout(state);
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        hear(lookout, state, A, healthyPrimary(B));
        Command asked = decide(state, lookout).commands().getFirst();
        assertThat(asked).isInstanceOf(Command.ChangeInSync.class);
        InSyncConfiguration blocked = ((Command.ChangeInSync) asked).target();
        assertThat(blocked.members()).containsExactly(member(B));
        assertThat(blocked.blocksCommits()).isTrue();

        // It is never complete, and there is no way back while the other is away, but at once when it is there.
        ClusterState changing = Scenes.ruledByA(Phase.OPEN, atLeastTwo, both, blocked);
        Lookout later = lookout(changing);
        pass(InSyncPlanning.STUCK_LIMIT);
        hear(later, changing, A, healthyPrimary(B));
        hear(later, changing, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        assertThat(decide(changing, later).commands()).isEmpty();
        assertThat(Guarantee.of(changing, later.sightings(), now).commits()).startsWith("commits wait: ");

        hear(later, changing, A, healthyPrimary(B, C));
        hear(later, changing, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));
        assertThat(decide(changing, later).commands()).containsExactly(new Command.ChangeInSync(ONE, both));
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
        Lookout lookout = lookout(state);
        hear(lookout, state, A, healthyPrimary(B, C));
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        hear(lookout, state, C, Scenes.seen(C, ONE, Scenes.streaming(A, 500)));

        assertThat(decide(state, lookout).commands())
                .containsExactly(
                        new Command.ChangeInSync(ONE, InSyncConfiguration.semiSync(1, List.of(member(B), member(C)))));
    }

    @Test
    void aNewPrimaryThatTooFewFollowGivesTheGuaranteeUpWhereThatIsAskedForAndNotAtOnce() {
        Settings degrading =
                new Settings(ReplicationMode.SEMI_SYNC, 1, 2, Settings.OnShortage.DEGRADE, Duration.ofSeconds(3), 0);
        InSyncConfiguration blocked = InSyncConfiguration.of(degrading, List.of(member(B)));
        ClusterState state = Scenes.ruledByA(Phase.GRANTED, degrading, blocked);
        Lookout lookout = lookout(state);
        pass(InSyncPlanning.MARKER_LIMIT.minusMillis(1));
        hear(lookout, state, A, healthyPrimary(B));
        hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));
        assertThat(decide(state, lookout).commands()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(decide(state, lookout).commands())
                .containsExactly(
                        new Command.ChangeInSync(ONE, InSyncConfiguration.degraded(ReplicationMode.SEMI_SYNC)));
    }

    private static Settings atLeastTwo(ReplicationMode mode) {
        return new Settings(mode, 1, 2, Settings.OnShortage.WAIT, Duration.ofSeconds(3), 0);
    }

    private Lookout lookout(ClusterState state) {
        return new Lookout(state, now);
    }

    private void hear(Lookout lookout, ClusterState state, NodeId node, LocalObservation seen) {
        lookout.received(
                Report.of(Scenes.record(node), Assignment.of(state, node), seen, "R00", List.of()), state, now);
    }

    private void pass(Duration duration) {
        now = now.plus(duration);
    }

    private Decision decide(ClusterState state, Lookout lookout) {
        return Coordinator.decide(state, lookout.sightings(), now);
    }

    private static LocalObservation healthyPrimary(NodeId... replicas) {
        return Scenes.leased(A, ONE, Scenes.primary(2, new InSyncProgress(7, InSyncProgress.Step.SET), replicas));
    }

    private static ClusterState open(InSyncConfiguration... possible) {
        return Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT, possible);
    }

    private static ClusterState revoked(InSyncConfiguration possible, Vote... votes) {
        ClusterState.Copy state =
                Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, possible).copy();
        for (Vote vote : votes) {
            state.vote(vote);
        }
        return state.done();
    }

    private static Vote vote(NodeId node, long position) {
        return new Vote(member(node), TWO, ONE, new Position(position));
    }
}
