package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.coordination.Confirmed;
import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.coordinator.Report;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.EngineException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReporterTest {
    private static final NodeId SELF = new NodeId("n1");
    private static final Epoch EPOCH = new Epoch(3);
    private static final Duration LEASE = Settings.DEFAULT.lease();

    private final VirtualClock clock = new VirtualClock();
    private final FakeEngine engine = new FakeEngine(SELF, new FakeEngine.World(), clock);
    private final Board board = new Board(clock);
    private final Events events = new Events(Clock.systemUTC());
    private final Deque<CompletableFuture<Confirmed>> sent = new ArrayDeque<>();
    private Optional<NodeId> leader = Optional.of(new NodeId("n2"));
    private ClusterState ledger = ClusterState.forming("shop", Settings.DEFAULT, List.of(SELF));
    private int leases;
    private final Reporter reporter =
            new Reporter(new Surroundings(), board, events, new Figures(new PrometheusRegistry()), engine, () -> {});

    @BeforeEach
    void makeThePrimary() throws EngineException {
        engine.act(new Action.Initialise());
        ledger = held(life());
        look();
    }

    private Incarnation life() {
        return ((Data.Ours) engine.observe().data()).incarnation();
    }

    private ClusterState held(Incarnation life) {
        return ledger.copy()
                .tenure(new Tenure(
                        EPOCH,
                        new Member(SELF, life),
                        new TimelineId(4),
                        new Boundary(new Position(1), 1, List.of()),
                        Phase.OPEN))
                .done();
    }

    private void look() {
        LocalObservation seen = engine.observe();
        board.show(new Picture(
                seen,
                clock.get(),
                Optional.of(ledger),
                Assignment.of(ledger, SELF),
                new Step(new Action.Wait(), "R49 leading", "nothing to do"),
                Optional.empty(),
                List.of()));
    }

    @Test
    void theLeaseCountsFromBeforeTheReportWasSent() {
        var sentAt = clock.get();
        reporter.turn();
        clock.pass(Duration.ofMillis(700));
        sent.remove().complete(new Confirmed(ledger, Optional.of(EPOCH), Optional.empty()));
        assertThat(engine.lease()).contains(new Board.Lease(EPOCH, sentAt.plus(LEASE)));
        assertThat(board.leaseLeft(EPOCH)).isEqualTo(LEASE.minusMillis(700));
        assertThat(board.leaseLeft(EPOCH.next())).isZero();
        assertThat(leases).isEqualTo(1);
    }

    @Test
    void anAnswerThatComesAfterItsLeaseIsWorthNothing() {
        reporter.turn();
        clock.pass(LEASE.plusMillis(1));
        sent.remove().complete(new Confirmed(ledger, Optional.of(EPOCH), Optional.empty()));
        assertThat(engine.lease()).isEmpty();
        assertThat(board.lease()).isEmpty();
    }

    @Test
    void anEarlierReportAnsweredLaterDoesNotShortenTheLease() {
        reporter.turn();
        clock.pass(Reporter.RENEWAL);
        look();
        var second = clock.get();
        reporter.turn();
        sent.removeLast().complete(new Confirmed(ledger, Optional.of(EPOCH), Optional.empty()));
        sent.remove().complete(new Confirmed(ledger, Optional.of(EPOCH), Optional.empty()));
        assertThat(engine.lease()).contains(new Board.Lease(EPOCH, second.plus(LEASE)));
    }

    @Test
    void onlyTheHolderWithTheDataOfTheGrantGetsTheLease() throws EngineException {
        reporter.turn();
        sent.remove().complete(new Confirmed(ledger, Optional.empty(), Optional.empty()));
        assertThat(engine.lease()).isEmpty();

        clock.pass(Reporter.RENEWAL);
        look();
        reporter.turn();
        engine.act(new Action.RenewIncarnation(life()));
        look();
        sent.remove().complete(new Confirmed(ledger, Optional.of(EPOCH), Optional.empty()));
        assertThat(engine.lease()).as("the data is another by now").isEmpty();
    }

    @Test
    void anAnswerAboutATenureThatIsOverExtendsNothing() {
        reporter.turn();
        ClusterState then = ledger;
        ledger = ledger.copy()
                .tenure(ledger.tenure().orElseThrow().withPhase(Phase.REVOKED))
                .done();
        sent.remove().complete(new Confirmed(then, Optional.of(EPOCH), Optional.empty()));
        assertThat(engine.lease()).isEmpty();
    }

    @Test
    void aGrantConfirmsTheReportThatWasAnsweredBeforeIt() {
        ClusterState granted = ledger;
        ledger = vacant(granted);
        var sentAt = clock.get();
        reporter.turn();
        sent.remove().complete(new Confirmed(ledger, Optional.empty(), Optional.of(EPOCH)));
        assertThat(engine.lease()).as("nothing is granted yet").isEmpty();

        clock.pass(Duration.ofMillis(40));
        ledger = granted;
        reporter.countLeaseOfGrant();
        assertThat(engine.lease()).contains(new Board.Lease(EPOCH, sentAt.plus(LEASE)));
        assertThat(leases).isEqualTo(1);
    }

    @Test
    void aGrantOfALaterEpochConfirmsNothingThatWasAnsweredBeforeAnotherElection() {
        ClusterState granted = ledger;
        ledger = vacant(granted);
        reporter.turn();
        sent.remove().complete(new Confirmed(ledger, Optional.empty(), Optional.of(new Epoch(EPOCH.number() - 1))));
        ledger = granted;
        reporter.countLeaseOfGrant();
        assertThat(engine.lease()).isEmpty();
    }

    @Test
    void aReportThatIsNotAnsweredYetIsConfirmedByNoGrant() {
        ClusterState granted = ledger;
        ledger = vacant(granted);
        reporter.turn();
        ledger = granted;
        reporter.countLeaseOfGrant();
        assertThat(engine.lease()).isEmpty();
    }

    private static ClusterState vacant(ClusterState granted) {
        return granted.copy()
                .tenure(granted.tenure().orElseThrow().withPhase(Phase.REVOKED))
                .done();
    }

    @Test
    void aPrimaryThatNobodyLooksAtIsNotReported() {
        clock.pass(Reporter.RECENT.plusMillis(1));
        reporter.turn();
        assertThat(sent).isEmpty();
        look();
        reporter.turn();
        assertThat(sent).hasSize(1);
    }

    @Test
    void aReplicaIsReportedWhileALongActionRuns() {
        ledger = ClusterState.forming("shop", Settings.DEFAULT, List.of(SELF));
        look();
        clock.pass(Duration.ofMinutes(1));
        reporter.turn();
        assertThat(sent).hasSize(1);
    }

    @Test
    void reportsGoEveryHalfSecondAndAtOnceOnAMaterialChange() throws EngineException {
        assertThat(reporter.turn()).isEqualTo(Reporter.RENEWAL);
        clock.pass(Duration.ofMillis(200));
        look();
        assertThat(reporter.turn()).isEqualTo(Reporter.RENEWAL.minusMillis(200));
        assertThat(sent).hasSize(1);
        engine.act(new Action.StartSealed());
        look();
        reporter.turn();
        assertThat(sent).hasSize(2);
        leader = Optional.of(new NodeId("n3"));
        reporter.turn();
        assertThat(sent).as("another Raft leader").hasSize(3);
        clock.pass(Reporter.RENEWAL);
        look();
        reporter.turn();
        assertThat(sent).hasSize(4);
    }

    @Test
    void withoutAnswersOnlySoManyReportsAreUnderWayAndTheReasonIsShown() {
        for (int i = 0; i < 3 * Reporter.MAX_UNDER_WAY; i++) {
            look();
            reporter.turn();
            clock.pass(Reporter.RENEWAL);
        }
        assertThat(sent).hasSize(Reporter.MAX_UNDER_WAY);
        sent.remove().completeExceptionally(new IllegalStateException("nobody leads"));
        assertThat(board.contact().problem()).contains("nobody leads");
        look();
        reporter.turn();
        assertThat(sent).hasSize(Reporter.MAX_UNDER_WAY);
        sent.removeLast().complete(new Confirmed(ledger, Optional.empty(), Optional.empty()));
        assertThat(board.contact().problem()).isEmpty();
    }

    private final class Surroundings implements Reporter.Surroundings {
        @Override
        public MemberRecord self() {
            return new MemberRecord(
                    SELF,
                    Optional.empty(),
                    new Incarnation("storage"),
                    new Endpoint("127.0.0.1", 1),
                    new Endpoint("127.0.0.1", 2));
        }

        @Override
        public CompletableFuture<Confirmed> report(Report report) {
            CompletableFuture<Confirmed> answer = new CompletableFuture<>();
            sent.add(answer);
            return answer;
        }

        @Override
        public Optional<ClusterState> state() {
            return Optional.of(ledger);
        }

        @Override
        public Optional<NodeId> leader() {
            return leader;
        }

        @Override
        public void leaseArrived() {
            leases++;
        }
    }
}
