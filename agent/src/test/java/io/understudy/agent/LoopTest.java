package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.agent.api.EventsView.Event;
import io.understudy.agent.api.NodeView;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Settings;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoopTest {
    private static final NodeId SELF = new NodeId("n1");

    private final VirtualClock clock = new VirtualClock();
    private final FakeEngine engine = new FakeEngine(SELF, new FakeEngine.World(), clock);
    private final Board board = new Board(clock);
    private final Events events = new Events(Clock.systemUTC());
    private Optional<ClusterState> ledger = Optional.empty();
    private final AgentLoop loop = new AgentLoop(
            SELF,
            engine,
            () -> ledger,
            new Recorder(board, events, engine, new Figures(new PrometheusRegistry()), () -> {}));

    private void chosenToMakeTheFirst() {
        ledger = Optional.of(ClusterState.forming("shop", Settings.DEFAULT, List.of(SELF))
                .copy()
                .initialiser(SELF)
                .done());
    }

    private Picture picture() {
        return board.picture().orElseThrow();
    }

    @Test
    void nothingIsDoneBeforeTheLedgerAnswered() throws InterruptedException {
        assertThat(loop.turn()).isEqualTo(AgentLoop.PAUSE);
        assertThat(picture().step().rule()).isEqualTo(Recorder.AWAIT_LEDGER);
        assertThat(picture().step().reason()).contains("no report was answered yet");
        assertThat(engine.done).isEmpty();
    }

    @Test
    void anActionIsTakenAndTheNextTurnComesAtOnce() throws InterruptedException {
        chosenToMakeTheFirst();
        assertThat(loop.turn()).isZero();
        assertThat(engine.done).hasSize(1);
        assertThat(engine.done.getFirst().action()).isInstanceOf(Action.Initialise.class);
        assertThat(loop.turn()).isEqualTo(AgentLoop.PAUSE);
        assertThat(engine.done).hasSize(1);
    }

    @Test
    void aFailingActionIsShownAndTriedAgainLaterAndLater() throws InterruptedException {
        chosenToMakeTheFirst();
        engine.failing = Optional.of("Initialise");
        Duration[] pauses = {
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(400),
            Duration.ofMillis(800),
            Duration.ofMillis(1600),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2)
        };
        for (int i = 0; i < pauses.length; i++) {
            assertThat(loop.turn()).as("the try itself").isZero();
            assertThat(loop.turn()).isEqualTo(pauses[i].compareTo(AgentLoop.PAUSE) < 0 ? pauses[i] : AgentLoop.PAUSE);
            assertThat(picture().failure().orElseThrow().times()).isEqualTo(i + 1);
            clock.pass(pauses[i].minusNanos(1));
            assertThat(loop.turn()).as("not yet").isPositive();
            clock.pass(Duration.ofNanos(1));
        }
        assertThat(picture().doing().line()).contains("R10 make-first: ", "[tried 7 times: Initialise fails");
        assertThat(events.all().stream().filter(event -> event.kind().equals("failed")))
                .hasSize(1);
        engine.failing = Optional.empty();
        assertThat(loop.turn()).isZero();
        loop.turn();
        assertThat(picture().failure()).isEmpty();
    }

    @Test
    void theEngineIsToldWhatIsAskedOfTheNodeBeforeEveryDecision() throws InterruptedException {
        chosenToMakeTheFirst();
        loop.turn();
        assertThat(engine.assignment).contains(Assignment.of(ledger.orElseThrow(), SELF));
    }

    @Test
    void aFullDiskIsShownAsTheNodesProblemWhateverStepMetIt() throws InterruptedException {
        chosenToMakeTheFirst();
        engine.failing = Optional.of("Initialise");
        loop.turn();
        loop.turn();
        assertThat(viewOfSelf().problemAction()).isPresent();
        assertThat(viewOfSelf().problem()).as("any other fault is the step's").isEmpty();
        engine.fault = EngineException.NO_SPACE + "/data/x: 0 bytes are free";
        clock.pass(Attempts.LONGEST);
        loop.turn();
        loop.turn();
        assertThat(viewOfSelf().problem())
                .hasValueSatisfying(problem -> assertThat(problem).contains("/data/x: 0 bytes are free"));
        engine.failing = Optional.empty();
        clock.pass(Attempts.LONGEST);
        loop.turn();
        loop.turn();
        assertThat(viewOfSelf().problem()).isEmpty();
    }

    private NodeView viewOfSelf() {
        return NodeViews.of(
                ledger.orElseThrow(),
                new NodeViews.Known(
                        SELF,
                        Optional.of(picture().seen()),
                        Optional.of(picture().doing()),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void aChangeOfDecisionIsRecordedOnce() throws InterruptedException {
        loop.turn();
        loop.turn();
        chosenToMakeTheFirst();
        loop.turn();
        loop.turn();
        loop.turn();
        assertThat(events.all())
                .extracting(Event::kind, Event::from, Event::to)
                .containsExactly(
                        tuple("step", "", "A01 await-ledger Wait"),
                        tuple("step", "A01 await-ledger Wait", "R10 make-first Initialise"),
                        tuple("step", "R10 make-first Initialise", "R10 make-first Wait"));
    }

    @Test
    void aStepThatSucceedsAndIsAskedForAgainDoesNotSpin() {
        Attempts attempts = new Attempts();
        Step step = new Step(new Action.EndReplayBlockers(), "R32 x", "y");
        Duration waited = Duration.ZERO;
        for (int i = 0; i < 10; i++) {
            Duration due = attempts.dueIn(step, clock.get());
            if (due.isPositive()) {
                clock.pass(due);
                waited = waited.plus(due);
            }
            attempts.succeeded(step.action(), clock.get());
        }
        assertThat(attempts.dueIn(step, clock.get())).isEqualTo(Attempts.LONGEST_REPEAT);
        assertThat(waited).isGreaterThan(Duration.ofMillis(500));
    }

    @Test
    void whatIsDoneReadsBackFromItsLine() {
        for (Doing doing : List.of(
                new Doing("R50 clone", "there is no data here: it is copied", Optional.of("tried 2 times: a: b]")),
                new Doing("R55 following", "streaming from n1", Optional.empty()))) {
            assertThat(Doing.of(doing.line())).isEqualTo(doing);
        }
        assertThat(Doing.of("free words").reason()).isEqualTo("free words");
    }

    @Test
    void theLoopCanBeReadAtOneGlance() throws IOException {
        Path source = Path.of("src/main/java/io/understudy/agent/AgentLoop.java");
        assertThat(Files.readAllLines(source)).hasSizeLessThanOrEqualTo(60);
    }

    @Test
    void eventsAreBounded() {
        for (int i = 0; i < 2 * Events.MAX_EVENTS; i++) {
            events.add("step", "", "x" + i, "y");
        }
        assertThat(events.all()).hasSize(Events.MAX_EVENTS);
        assertThat(events.all().getFirst().number()).isEqualTo(Events.MAX_EVENTS + 1L);
    }
}
