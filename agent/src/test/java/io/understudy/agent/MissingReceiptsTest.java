package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.MissingReceipt;
import io.understudy.coordination.Outlook;
import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.coordinator.Report;
import io.understudy.core.coordinator.Sightings;
import io.understudy.core.coordinator.Sightings.Sighting;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MissingReceiptsTest {

    private static final NodeId A = new NodeId("a");
    private static final NodeId B = new NodeId("b");
    private static final MonotonicTime NOW =
            new MonotonicTime(Duration.ofHours(1).toNanos());

    private static final ClusterState LOST_A = ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B))
            .copy()
            .began(change(1, Cause.BOOTSTRAP, Optional.empty(), A))
            .began(change(2, Cause.FAILOVER, Optional.of(A), B))
            .done();

    @Test
    void theLossOfAPrimaryThatDidNotComeBackIsSaidToBeUnknown() {
        ClusterView view = ClusterViews.of(outlook(LOST_A, Map.of()), Instant.EPOCH);
        assertThat(view.missingReceipts()).extracting(MissingReceipt::epoch).containsExactly(2L);
        assertThat(view.missingReceipts()).extracting(MissingReceipt::node).containsExactly("a");
        assertThat(view.missingReceipts().getFirst().text())
                .isEqualTo("none yet: a is not heard; what it had written and b had not received is known once it is"
                        + " back");
        assertThat(Histories.of(outlook(LOST_A, Map.of())).changes())
                .extracting(change -> change.noReceipt().isPresent())
                .containsExactly(false, true);
    }

    @Test
    void oneThatIsHeardAndHasNotJoinedAgainIsStillToBeMeasured() {
        assertThat(awaited(LOST_A, heard(1, Duration.ZERO)))
                .singleElement()
                .asString()
                .contains("none yet: a is back and has not joined again");
        assertThat(awaited(LOST_A, heard(1, Duration.ofSeconds(3))))
                .singleElement()
                .asString()
                .contains("a is not heard");
    }

    @Test
    void nothingIsAwaitedOfOneThatJoinedAgainAndTheHistorySaysThatNothingWasReported() {
        Sighting joined = heard(2, Duration.ZERO);
        assertThat(awaited(LOST_A, joined)).isEmpty();
        assertThat(Histories.of(outlook(LOST_A, Map.of(A, joined)))
                        .changes()
                        .getLast()
                        .noReceipt())
                .hasValueSatisfying(why -> assertThat(why).contains("none was reported by a, which has joined again"));
    }

    @Test
    void aReceiptThatIsThereIsMissedByNobody() {
        PrimaryChange measured =
                LOST_A.history().getLast().withReceipt(new Receipt(new Epoch(1), 3, new Position(1), new Position(2)));
        ClusterState state = LOST_A.copy().changed(measured).done();
        assertThat(awaited(state, heard(1, Duration.ZERO))).isEmpty();
        assertThat(Histories.of(state).changes().getLast().noReceipt()).isEmpty();
    }

    @Test
    void aRestartInPlaceAndASwitchoverLoseNothing() {
        ClusterState state = LOST_A.copy()
                .changed(change(2, Cause.FAILOVER, Optional.of(A), A))
                .began(change(3, Cause.SWITCHOVER, Optional.of(A), B))
                .done();
        assertThat(MissingReceipts.in(state).awaited()).isEmpty();
    }

    @Test
    void aPrimaryThatFailedAgainIsAwaitedOnceAndWithoutARaftLeaderTheLedgerTells() {
        ClusterState state = LOST_A.copy()
                .began(change(3, Cause.SWITCHOVER, Optional.of(B), A))
                .began(change(4, Cause.FAILOVER, Optional.of(A), B))
                .done();
        assertThat(MissingReceipts.in(state).awaited())
                .containsExactly(new MissingReceipt(
                        4,
                        "a",
                        "none yet: what it had written and b had not received is known once a has joined again"));
    }

    private static List<MissingReceipt> awaited(ClusterState state, Sighting a) {
        return MissingReceipts.in(outlook(state, Map.of(A, a))).awaited();
    }

    private static PrimaryChange change(long epoch, Cause cause, Optional<NodeId> from, NodeId to) {
        return PrimaryChange.began(new Epoch(epoch), cause, from, "C20 lost", "it was lost", Instant.EPOCH)
                .granted(to, new Boundary(new Position(1), 1, List.of()), "the only one", Instant.EPOCH, List.of());
    }

    private static Outlook outlook(ClusterState state, Map<NodeId, Sighting> reports) {
        return new Outlook(
                B,
                1,
                state,
                new Sightings(NOW, reports, Optional.empty(), NOW, NOW, Optional.empty(), Optional.empty()),
                NOW,
                Optional.empty(),
                Map.of());
    }

    /** Whose data holds the log up to this epoch. */
    private static Sighting heard(int lastEpoch, Duration age) {
        LocalObservation seen = new LocalObservation(
                new Data.Ours(new Incarnation("life")),
                new Epoch(2),
                List.of(
                        TimelineStart.GENESIS,
                        new TimelineStart(new Epoch(lastEpoch), new TimelineId(lastEpoch + 1), new Position(1))),
                Position.START,
                new Server.Starting(),
                Optional.empty());
        Endpoint anywhere = new Endpoint("127.0.0.1", 1);
        return new Sighting(
                new Report(
                        A,
                        new Incarnation("storage"),
                        anywhere,
                        anywhere,
                        seen,
                        "R01: it starts",
                        Optional.empty(),
                        Optional.empty(),
                        List.of()),
                new MonotonicTime(NOW.nanos() - age.toNanos()));
    }
}
