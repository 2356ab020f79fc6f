package io.understudy.core.coordinator;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How far a tenure's log went, by what the Raft leader was told of it: epoch 1 is a's, from 100 on timeline 2. */
class LookoutTest {

    private static final MonotonicTime NOW = new MonotonicTime(1_000_000_000L);

    private final ClusterState ruledByA = Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT, InSyncConfiguration.async());
    private final Lookout lookout = new Lookout(ruledByA, NOW);

    @Test
    void theFurthestEndOutlivesTheDataThatReportedIt() {
        hear(A, writing(A, 2, 900));
        hear(A, writing(A, 2, 700));
        hear(
                A,
                new LocalObservation(
                        new Data.Empty(), TWO, List.of(), Position.START, Scenes.gone(), Optional.empty()));

        assertThat(end()).contains(new Position(900));
    }

    @Test
    void whatAReplicaHeardOfThePrimarysEndCountsToo() {
        hear(B, Scenes.seen(B, ONE, Scenes.streaming(A, 640)));
        hear(B, Scenes.seen(B, TWO, Scenes.sealedAt(600)));

        assertThat(end()).contains(new Position(640));
    }

    @Test
    void whatTheDataRemembersToHaveReportedCountsWhileItsServerIsDown() {
        hear(B, remembering(B, Scenes.lineage(), 640));

        assertThat(end()).contains(new Position(640));
    }

    @Test
    void aNewRaftLeaderKnowsOnlyWhatItHears() {
        hear(A, writing(A, 2, 900));

        assertThat(new Lookout(ruledByA, NOW).sightings().furthestEnd()).isEmpty();
    }

    @Test
    void theNextEpochForgetsHowFarTheLastOneWent() {
        hear(A, writing(A, 2, 900));
        lookout.applied(Scenes.ruledByB(), NOW);

        assertThat(end()).isEmpty();
    }

    @Test
    void aReportThatWasAheadOfTheLedgerCountsOnceTheLedgerHasItsEpoch() {
        hear(B, writing(B, 3, 130));
        assertThat(end().orElse(Position.START)).isEqualTo(Position.START);
        lookout.applied(Scenes.ruledByB(), NOW);

        assertThat(end()).contains(new Position(130));
    }

    @Test
    void theEndOfATenureIsKeptWhenItIsRevoked() {
        hear(A, writing(A, 2, 900));
        lookout.applied(Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, InSyncConfiguration.async()), NOW);

        assertThat(end()).contains(new Position(900));
    }

    @Test
    void aServerStartedOutOfTurnOnTheTenuresTimelineIsNoPartOfItsLog() {
        hear(C, writing(C, 2, 5_000));
        hear(
                A,
                new LocalObservation(
                        new Data.Ours(new Incarnation("another-life-of-a")),
                        ONE,
                        Scenes.lineage(),
                        Position.START,
                        primary(2, 5_000),
                        Optional.empty()));
        hear(
                B,
                new LocalObservation(
                        new Data.Foreign("written out of turn"),
                        ONE,
                        Scenes.lineage(),
                        new Position(5_000),
                        Scenes.gone(),
                        Optional.empty()));

        assertThat(end().orElse(Position.START)).isEqualTo(Position.START);
    }

    @Test
    void whatBelongsToAnotherEpochsLogIsNoPartOfIt() {
        List<TimelineStart> older = List.of(TimelineStart.GENESIS);
        hear(A, writing(A, 1, 5_000));
        hear(B, remembering(B, older, 5_000));
        Position far = new Position(5_000);
        hear(
                C,
                new LocalObservation(
                        new Data.Ours(Scenes.life(C)),
                        ONE,
                        older,
                        Position.START,
                        new Server.Standby(
                                Optional.of(B),
                                true,
                                true,
                                TimelineId.FIRST,
                                Optional.of(far),
                                far,
                                Optional.empty(),
                                Optional.of(far)),
                        Optional.empty()));

        assertThat(end().orElse(Position.START)).isEqualTo(Position.START);
    }

    private Optional<Position> end() {
        return lookout.sightings().furthestEnd();
    }

    private void hear(NodeId node, LocalObservation seen) {
        lookout.received(
                Report.of(Scenes.record(node), Assignment.of(ruledByA, node), seen, "R00", List.of()), ruledByA, NOW);
    }

    private static LocalObservation writing(NodeId node, int timeline, long end) {
        return Scenes.seen(node, ONE, primary(timeline, end));
    }

    private static Server.Primary primary(int timeline, long end) {
        return new Server.Primary(new TimelineId(timeline), new Position(end), InSyncProgress.NONE, List.of());
    }

    private static LocalObservation remembering(NodeId node, List<TimelineStart> lineage, long once) {
        return new LocalObservation(
                new Data.Ours(Scenes.life(node)), ONE, lineage, new Position(once), Scenes.gone(), Optional.empty());
    }
}
