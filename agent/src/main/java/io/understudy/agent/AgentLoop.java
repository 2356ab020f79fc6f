package io.understudy.agent;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.Engine;
import io.understudy.engines.EngineException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Observe, decide, act, record: again at once after an action, else when woken or after {@link #PAUSE}. */
final class AgentLoop {
    static final Duration PAUSE = Duration.ofMillis(250);
    private final NodeId self;
    private final Engine engine;
    private final Supplier<Optional<ClusterState>> ledger;
    private final Recorder recorder;
    private final Attempts attempts = new Attempts();

    AgentLoop(NodeId self, Engine engine, Supplier<Optional<ClusterState>> ledger, Recorder recorder) {
        this.self = self;
        this.engine = engine;
        this.ledger = ledger;
        this.recorder = recorder;
    }

    /** One turn; returns how long to pause. */
    Duration turn() throws InterruptedException {
        MonotonicTime began = recorder.now();
        LocalObservation seen = engine.observe();
        Optional<ClusterState> state = ledger.get();
        Assignment assignment = state.map(known -> Assignment.of(known, self)).orElseGet(recorder::unanswered);
        engine.assigned(assignment);
        Step step = state.isPresent() ? Reconciler.next(assignment, seen) : recorder.awaitLedger();
        recorder.decided(seen, began, state, assignment, step, attempts.failureOf(step));
        Duration due = attempts.dueIn(step, recorder.now());
        if (step.isWait() || due.isPositive()) {
            return !step.isWait() && due.compareTo(PAUSE) < 0 ? due : PAUSE;
        }
        try {
            engine.act(step.action());
            attempts.succeeded(step.action(), recorder.now());
            recorder.acted(step);
        } catch (EngineException | RuntimeException failure) {
            recorder.failed(step, attempts.failed(step.action(), failure, recorder.now()), failure);
        }
        return Duration.ZERO;
    }
}
