package io.understudy.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private static final NodeId A = new NodeId("a");
    private static final NodeId B = new NodeId("b");
    private static final NodeId C = new NodeId("c");
    private static final Epoch ONE = new Epoch(1);
    private static final Epoch TWO = new Epoch(2);

    @Test
    void aProposalForAnotherVersionChangesNothing() {
        ClusterState state = forming();

        assertThat(refusal(state, new Proposal(5, List.of(), "C90", "none", Instant.EPOCH)))
                .contains("version 0")
                .contains("version 5");
    }

    @Test
    void ofAProposalThatDoesNotFitAsAWholeNothingIsApplied() {
        ClusterState state = forming();

        String refusal = refusal(state, proposal(state, new Command.ChooseInitialiser(A), new Command.Open(ONE)));

        assertThat(refusal).startsWith("Open does not fit").contains("the epoch is 0, not 1");
    }

    @Test
    void aTenureGoesFromGrantThroughMarkerToOpenAndEndsOnce() {
        ClusterState granted = granted();
        assertThat(granted.tenure().map(Tenure::phase)).contains(Phase.GRANTED);
        assertThat(granted.lineage().getLast().timeline()).isEqualTo(new TimelineId(2));
        assertThat(refusal(granted, proposal(granted, new Command.Open(ONE)))).contains("no marker was confirmed");

        ClusterState open = open();
        assertThat(open.isOpen()).isTrue();
        assertThat(open.history()).singleElement().satisfies(change -> {
            assertThat(change.to()).contains(A);
            assertThat(change.openedAt()).isPresent();
        });

        Command revoke = new Command.Revoke(ONE, Cause.FAILOVER, Optional.empty());
        ClusterState revoked = accept(open, revoke);
        assertThat(revoked.running()).isEmpty();
        assertThat(refusal(revoked, proposal(revoked, revoke))).contains("has ended already");
    }

    @Test
    void theConfigurationsOfThePastStayPossibleUntilAMarkerOfTheNewTenure() {
        InSyncConfiguration old = semiSync(B, C);
        ClusterState open = withInSync(open(), old);
        ClusterState revoked = accept(open, new Command.Revoke(ONE, Cause.FAILOVER, Optional.empty()));
        ClusterState voted = accept(revoked, new Command.RecordVote(vote(B, 200)));

        ClusterState granted = accept(voted, grant(TWO, B, 3, semiSync(C)));

        assertThat(granted.inSync().possible()).containsExactly(old, semiSync(C));
        ClusterState completed =
                accept(granted, new Command.CompleteInSync(TWO, granted.inSync().change()));
        assertThat(completed.inSync().possible()).containsExactly(semiSync(C));
    }

    @Test
    void onlyAVoterIsGrantedAndOnlyTheNextEpochAndTimeline() {
        ClusterState revoked = accept(open(), new Command.Revoke(ONE, Cause.FAILOVER, Optional.empty()));
        assertThat(refusal(revoked, proposal(revoked, grant(TWO, B, 3, semiSync(C)))))
                .contains("has not voted");

        ClusterState voted = accept(revoked, new Command.RecordVote(vote(B, 200)));
        assertThat(refusal(voted, proposal(voted, grant(new Epoch(3), B, 3, semiSync(C)))))
                .contains("does not follow");
        assertThat(refusal(voted, proposal(voted, grant(TWO, B, 2, semiSync(C)))))
                .contains("is not the next");
        assertThat(refusal(voted, proposal(voted, grant(TWO, B, 3, semiSync(B, C)))))
                .contains("cannot confirm its own commits");
    }

    @Test
    void aVoteOfAnotherLifeOfTheDataIsRefused() {
        ClusterState revoked = accept(open(), new Command.Revoke(ONE, Cause.FAILOVER, Optional.empty()));
        Vote other = new Vote(new Member(B, new Incarnation("restored")), TWO, ONE, new Position(200));

        assertThat(refusal(revoked, proposal(revoked, new Command.RecordVote(other))))
                .contains("another life");
    }

    @Test
    void fromAJointStateOnlyCompletingOrGoingBackIsAllowed() {
        InSyncConfiguration first = semiSync(B);
        ClusterState open = withInSync(open(), first);
        ClusterState joint = accept(open, new Command.ChangeInSync(ONE, semiSync(B, C)));

        assertThat(refusal(joint, proposal(joint, new Command.ChangeInSync(ONE, semiSync(C)))))
                .contains("only completing it or going back");
        ClusterState back = accept(joint, new Command.ChangeInSync(ONE, first));
        assertThat(back.inSync().possible()).hasSize(2);
        assertThat(back.inSync().target()).isEqualTo(first);
        assertThat(refusal(
                        back,
                        proposal(
                                back,
                                new Command.CompleteInSync(ONE, joint.inSync().change()))))
                .contains("overtaken");
    }

    @Test
    void thePrimaryIsNeverItsOwnConfirmation() {
        ClusterState open = open();

        assertThat(refusal(open, proposal(open, new Command.ChangeInSync(ONE, semiSync(A, B)))))
                .contains("cannot confirm its own");
    }

    @Test
    void moreConfirmationsThanThereAreReplicasAreRefused() {
        Settings most = new Settings(
                ReplicationMode.SEMI_SYNC,
                2,
                Settings.DEFAULT.minInSync(),
                Settings.DEFAULT.onShortage(),
                Settings.DEFAULT.lease(),
                Settings.DEFAULT.maxFailoverLagBytes());
        Settings tooMany = new Settings(
                ReplicationMode.SEMI_SYNC,
                3,
                Settings.DEFAULT.minInSync(),
                Settings.DEFAULT.onShortage(),
                Settings.DEFAULT.lease(),
                Settings.DEFAULT.maxFailoverLagBytes());

        assertThat(accept(open(), new Command.ChangeSettings(most)).settings()).isEqualTo(most);
        assertThat(refusal(open(), proposal(open(), new Command.ChangeSettings(tooMany))))
                .contains("3 confirmations can never come", "at most 2");
        Settings tooMuch =
                new Settings(ReplicationMode.SYNC, 1, 3, Settings.OnShortage.WAIT, Settings.DEFAULT.lease(), 0);
        assertThat(refusal(open(), proposal(open(), new Command.ChangeSettings(tooMuch))))
                .contains("min-in-sync 3 can never be met", "at most 2");
    }

    private static ClusterState forming() {
        return ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B, C));
    }

    private static ClusterState granted() {
        ClusterState state = forming();
        for (NodeId node : List.of(A, B, C)) {
            state = accept(state, new Command.Register(record(node)));
        }
        state = accept(state, new Command.ChooseInitialiser(A));
        state = accept(state, new Command.RecordVote(new Vote(member(A), ONE, Epoch.NONE, new Position(100))));
        return accept(state, grant(ONE, A, 2, semiSync(B)));
    }

    /** A cluster of a, b and c whose first tenure, of a, is open. */
    static ClusterState open() {
        ClusterState state = granted();
        return accept(state, new Command.CompleteInSync(ONE, state.inSync().change()), new Command.Open(ONE));
    }

    private static ClusterState withInSync(ClusterState state, InSyncConfiguration next) {
        if (state.inSync().target().equals(next)) {
            return state;
        }
        ClusterState joint = accept(state, new Command.ChangeInSync(ONE, next));
        return accept(joint, new Command.CompleteInSync(ONE, joint.inSync().change()));
    }

    private static Command.Grant grant(Epoch epoch, NodeId node, int timeline, InSyncConfiguration target) {
        return new Command.Grant(
                epoch,
                member(node),
                new TimelineId(timeline),
                new Boundary(new Position(200), 700, List.of()),
                target,
                Cause.FAILOVER,
                List.of());
    }

    private static Vote vote(NodeId node, long position) {
        return new Vote(member(node), TWO, ONE, new Position(position));
    }

    private static InSyncConfiguration semiSync(NodeId... nodes) {
        return InSyncConfiguration.semiSync(
                1, List.of(nodes).stream().map(LedgerTest::member).toList());
    }

    private static Member member(NodeId node) {
        return new Member(node, new Incarnation("life-of-" + node));
    }

    private static MemberRecord record(NodeId node) {
        return new MemberRecord(
                node,
                Optional.of(member(node).incarnation()),
                new Incarnation("ledger"),
                new Endpoint("127.0.0.1", 5432),
                new Endpoint("127.0.0.1", 8008));
    }

    private static ClusterState accept(ClusterState state, Command... commands) {
        Ledger.Result result = Ledger.apply(state, proposal(state, commands));
        assertThat(result).isInstanceOf(Ledger.Result.Accepted.class);
        return ((Ledger.Result.Accepted) result).state();
    }

    private static String refusal(ClusterState state, Proposal proposal) {
        Ledger.Result result = Ledger.apply(state, proposal);
        assertThat(result).isInstanceOf(Ledger.Result.Refused.class);
        return ((Ledger.Result.Refused) result).reason();
    }

    private static Proposal proposal(ClusterState state, Command... commands) {
        return new Proposal(state.version(), List.of(commands), "test", "a test asks", Instant.EPOCH);
    }
}
