package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Step;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChecksTest {

    private static final NodeId SELF = new NodeId("n1");
    private static final Incarnation LIFE = new Incarnation("life-of-n1");
    private static final Epoch ONE = new Epoch(1);
    private static final int TIMELINE = 2;
    private static final long CHANGE = 7;
    private static final InSyncProgress PROVED = new InSyncProgress(CHANGE, InSyncProgress.Step.CONFIRMED);

    private final VirtualClock clock = new VirtualClock();
    private final Board board = new Board(clock);
    private final Checks checks = new Checks(SELF, board);

    @Test
    void aPrimaryIsOpenOnceItsMarkerIsConfirmedBeforeTheLedgerNotesIt() {
        lease(ONE);
        show(Phase.GRANTED, TIMELINE, PROVED);
        assertThat(checks.primaryOf()).contains(ONE);
        show(Phase.OPEN, TIMELINE, InSyncProgress.NONE);
        assertThat(checks.primaryOf()).as("while a later change is under way").contains(ONE);
    }

    @Test
    void whatIsOpenStaysOpenWhenTheLedgerAsksForAnotherSetBeforeItNotesThat() {
        lease(ONE);
        show(Phase.GRANTED, TIMELINE, PROVED);
        assertThat(checks.primaryOf()).contains(ONE);
        show(Phase.GRANTED, TIMELINE, new InSyncProgress(CHANGE + 1, InSyncProgress.Step.SET));
        assertThat(checks.primaryOf()).contains(ONE);
        show(Phase.GRANTED, TIMELINE + 1, PROVED);
        assertThat(checks.primaryOf()).as("another timeline").isEmpty();
    }

    @Test
    void nothingLessThanThatMarkerOpensIt() {
        lease(ONE);
        show(Phase.GRANTED, TIMELINE, new InSyncProgress(CHANGE, InSyncProgress.Step.SET));
        assertThat(checks.primaryOf()).as("not proved").isEmpty();
        show(Phase.GRANTED, TIMELINE, new InSyncProgress(CHANGE - 1, InSyncProgress.Step.CONFIRMED));
        assertThat(checks.primaryOf()).as("another change").isEmpty();
        show(Phase.GRANTED, TIMELINE + 1, PROVED);
        assertThat(checks.primaryOf()).as("another timeline").isEmpty();
        show(Phase.REVOKED, TIMELINE, PROVED);
        assertThat(checks.primaryOf()).as("revoked").isEmpty();
    }

    @Test
    void withoutALeaseOfThatEpochItIsNot() {
        show(Phase.GRANTED, TIMELINE, PROVED);
        assertThat(checks.primaryOf()).as("no lease").isEmpty();
        lease(ONE.next());
        assertThat(checks.primaryOf()).as("of another epoch").isEmpty();
        lease(ONE);
        assertThat(checks.primaryOf()).contains(ONE);
        clock.pass(Settings.DEFAULT.lease());
        assertThat(checks.primaryOf()).as("run out").isEmpty();
    }

    private void lease(Epoch epoch) {
        board.extended(new Board.Lease(epoch, clock.get().plus(Settings.DEFAULT.lease())));
    }

    private void show(Phase phase, int timeline, InSyncProgress progress) {
        InSyncConfiguration other =
                InSyncConfiguration.semiSync(1, List.of(new Member(new NodeId("n2"), new Incarnation("life-of-n2"))));
        Tenure tenure = new Tenure(
                ONE,
                new Member(SELF, LIFE),
                new TimelineId(TIMELINE),
                new Boundary(new Position(1), 1, List.of()),
                phase);
        ClusterState state = ClusterState.forming("shop", Settings.DEFAULT, List.of(SELF, new NodeId("n2")))
                .copy()
                .tenure(tenure)
                .inSync(new InSync(List.of(other), other, CHANGE))
                .done();
        Server.Primary primary = new Server.Primary(new TimelineId(timeline), new Position(500), progress, List.of());
        LocalObservation seen = new LocalObservation(
                new Data.Ours(LIFE), ONE, List.of(), Position.START, primary, Optional.of(new Lease(ONE, true)));
        board.show(new Picture(
                seen,
                clock.get(),
                Optional.of(state),
                Assignment.of(state, SELF),
                new Step(new Action.Wait(), "R49 leading", "nothing to do"),
                Optional.empty(),
                List.of()));
        clock.pass(Duration.ofMillis(1));
    }
}
