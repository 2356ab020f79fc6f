package io.understudy.core.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Situations that the simulation came upon, as small as they can be told: a failover, most of them in async after epoch 1. */
class FoundBySimulationTest {

    private static final NodeId A = new NodeId("a");
    private static final NodeId B = new NodeId("b");
    private static final NodeId C = new NodeId("c");
    private static final Endpoint SOMEWHERE = new Endpoint("127.0.0.1", 5432);
    private static final MonotonicTime START = new MonotonicTime(0);
    private static final Position TENURE_BEGAN = new Position(50_000_000);
    private static final TimelineStart EPOCH_1 = new TimelineStart(new Epoch(1), new TimelineId(2), TENURE_BEGAN);

    private ClusterState state = revoked();
    private final List<Report> heard = new ArrayList<>();
    private final Map<NodeId, Vote> given = new HashMap<>();

    @Test
    void anAsyncFailoverWaitsUntilTheLeaseIsOverOnTheSlowestClock() {
        votes(B, TENURE_BEGAN);
        votes(C, TENURE_BEGAN);
        assertThat(after(3_050).rule()).startsWith("C41");
        assertThat(after(3_050).reason()).contains("may still acknowledge");
        assertThat(after(3_200).rule()).startsWith("C40");
    }

    @Test
    void anAsyncFailoverCountsTheLossFromWhereTheTenureBeganEvenIfNobodyReportedIt() {
        votes(B, new Position(10_000_000));
        votes(C, new Position(10_000_000));
        assertThat(after(4_000).reason()).contains("b lacks 40000000 bytes");
    }

    @Test
    void anAsyncFailoverCountsTheLossFromWhatTheFormerPrimaryOnceReported() {
        votes(B, TENURE_BEGAN);
        votes(C, TENURE_BEGAN);
        Data.Ours data = new Data.Ours(life(A));
        Position once = new Position(TENURE_BEGAN.value() + 30_000_000);
        report(A, data, once, new Server.Gone(Optional.empty(), Optional.of("disk full")));
        assertThat(after(4_000).reason()).contains("b lacks 30000000 bytes");
    }

    @Test
    void anAsyncFailoverCountsTheLossFromWhatAPrimaryReportedThatCameBackWithoutItsData() {
        votes(B, TENURE_BEGAN);
        votes(C, TENURE_BEGAN);
        writesUpTo(new Position(TENURE_BEGAN.value() + 30_000_000));
        state = state.copy().member(member(A, Optional.empty())).done();
        report(A, new Data.Empty(), Position.START, new Server.Gone(Optional.empty(), Optional.empty()));
        assertThat(after(4_000).reason()).contains("b lacks 30000000 bytes");
    }

    @Test
    void anAsyncFailoverCountsTheLossFromWhatAPrimaryReportedThatCameBackWithAnOlderCopy() {
        votes(B, TENURE_BEGAN);
        votes(C, TENURE_BEGAN);
        writesUpTo(new Position(TENURE_BEGAN.value() + 30_000_000));
        Incarnation restored = new Incarnation("a-restored");
        state = state.copy().member(member(A, Optional.of(restored))).done();
        report(A, new Data.Ours(restored), TENURE_BEGAN, new Server.Gone(Optional.empty(), Optional.empty()));
        assertThat(after(4_000).reason()).contains("b lacks 30000000 bytes");
    }

    @Test
    void aNewRaftLeaderHearsEveryLivingNodeBeforeAnAsyncFailover() {
        votes(B, TENURE_BEGAN);
        report(A, new Data.Ours(life(A)), TENURE_BEGAN, new Server.Gone(Optional.empty(), Optional.empty()));
        assertThat(after(500).reason()).contains("has not heard yet what c has");
        assertThat(after(1_000).rule()).startsWith("C40");
    }

    @Test
    void aVoteWhoseDataIsGoneDoesNotKeepAnotherFromBeingChosen() {
        votes(B, new Position(TENURE_BEGAN.value() + 100));
        votes(C, TENURE_BEGAN);
        state = state.copy().member(member(B, Optional.empty())).done();
        report(B, new Data.Empty(), Position.START, new Server.Gone(Optional.empty(), Optional.empty()));
        assertThat(after(4_000).rule()).startsWith("C40");
        assertThat(after(4_000).reason()).startsWith("c has all");
    }

    @Test
    void aVoteWhoseServerCannotStartDoesNotKeepAnotherFromBeingChosen() {
        votes(B, TENURE_BEGAN);
        votes(C, TENURE_BEGAN);
        report(B, new Data.Ours(life(B)), TENURE_BEGAN, new Server.Gone(Optional.empty(), Optional.of("disk full")));
        assertThat(after(4_000).reason()).startsWith("c has all");
    }

    @Test
    void aTailThatTheClusterLeftBehindDoesNotKeepItsMembersSealFromCounting() {
        Position forked = new Position(60_000_000);
        Tenure second = new Tenure(
                new Epoch(2),
                new Member(A, life(A)),
                new TimelineId(3),
                new Boundary(forked, 6, List.of()),
                Phase.REVOKED);
        InSyncConfiguration both =
                InSyncConfiguration.semiSync(1, List.of(new Member(B, life(B)), new Member(C, life(C))));
        state = state.copy()
                .settings(Settings.DEFAULT.withMode(ReplicationMode.SEMI_SYNC))
                .tenure(second)
                .extendLineage(second.start())
                .inSync(new InSync(List.of(both), both, 2))
                .done();
        votes(B, forked);
        assertThat(after(4_000).reason()).as("one seal of two").contains("1 of 2 seals");
        // Epoch 2 began at 60,000,000: what c has beyond that of epoch 1 nobody was promised.
        votes(C, new Position(65_000_000));
        assertThat(after(4_000).rule()).startsWith("C40");
        assertThat(after(4_000).reason()).startsWith("b has all");
    }

    private Decision after(long millis) {
        MonotonicTime now = START.plus(Duration.ofMillis(millis));
        Lookout lookout = new Lookout(state, START);
        heard.forEach(report -> lookout.received(report, state, now));
        ClusterState.Copy copy = state.copy();
        given.forEach((node, vote) -> copy.vote(vote));
        return Coordinator.decide(copy.done(), lookout.sightings(), now);
    }

    private void writesUpTo(Position end) {
        report(
                A,
                new Data.Ours(life(A)),
                TENURE_BEGAN,
                new Server.Primary(new TimelineId(2), end, InSyncProgress.NONE, List.of()));
    }

    private void votes(NodeId node, Position end) {
        Data.Ours data = new Data.Ours(life(node));
        report(
                node,
                data,
                end,
                new Server.Standby(
                        Optional.empty(),
                        false,
                        false,
                        new TimelineId(2),
                        Optional.of(end),
                        end,
                        Optional.of(new Boundary(end, 10, List.of())),
                        Optional.empty()));
        heard.getLast().vote().ifPresent(vote -> given.put(node, vote));
    }

    private void report(NodeId node, Data data, Position highest, Server server) {
        LocalObservation seen = new LocalObservation(
                data, state.epoch().next(), List.of(TimelineStart.GENESIS, EPOCH_1), highest, server, Optional.empty());
        heard.add(Report.of(
                member(node, data instanceof Data.Ours ? Optional.of(life(node)) : Optional.empty()),
                Assignment.of(state, node),
                seen,
                "",
                List.of()));
    }

    private static Incarnation life(NodeId node) {
        return new Incarnation(node + "-1");
    }

    private static MemberRecord member(NodeId node, Optional<Incarnation> life) {
        return new MemberRecord(node, life, new Incarnation("ledger"), SOMEWHERE, SOMEWHERE);
    }

    private ClusterState revoked() {
        Member holder = new Member(A, life(A));
        ClusterState.Copy copy = ClusterState.forming(
                        "test", Settings.DEFAULT.withMode(ReplicationMode.ASYNC), List.of(A, B, C))
                .copy();
        for (NodeId node : List.of(A, B, C)) {
            copy.member(member(node, Optional.of(life(node))));
        }
        return copy.initialiser(A)
                .extendLineage(EPOCH_1)
                .inSync(new InSync(List.of(InSyncConfiguration.async()), InSyncConfiguration.async(), 1))
                .tenure(new Tenure(
                        new Epoch(1),
                        holder,
                        new TimelineId(2),
                        new Boundary(TENURE_BEGAN, 5, List.of()),
                        Phase.REVOKED))
                .done();
    }
}
