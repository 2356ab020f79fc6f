package io.understudy.agent;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.Engine;
import io.understudy.engines.Quarantined;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Keeps what the loop did: on the board, as events, in figures. Owned by the loop's thread. */
final class Recorder {

    /** Decides when the ledger has not answered since the start: an old copy of it must not end a living primary. */
    static final String AWAIT_LEDGER = "A01 await-ledger";

    /** The quarantine is listed this often, and after every action that may have put something there. */
    static final Duration LISTING = Duration.ofSeconds(5);

    private final Board board;
    private final Events events;
    private final Engine engine;
    private final Figures figures;
    private final Runnable shown;
    private Optional<String> last = Optional.empty();
    private List<Quarantined> kept = List.of();
    private Optional<MonotonicTime> listed = Optional.empty();

    /** @param shown called whenever there is a new picture */
    Recorder(Board board, Events events, Engine engine, Figures figures, Runnable shown) {
        this.board = board;
        this.events = events;
        this.engine = engine;
        this.figures = figures;
        this.shown = shown;
    }

    MonotonicTime now() {
        return board.now();
    }

    Assignment unanswered() {
        return new Assignment.Unassigned(silence());
    }

    Step awaitLedger() {
        return new Step(new Action.Wait(), AWAIT_LEDGER, silence());
    }

    private String silence() {
        return "the ledger has not answered since this agent started: "
                + board.contact().problem().orElse("it just did");
    }

    void decided(
            LocalObservation seen,
            MonotonicTime began,
            Optional<ClusterState> state,
            Assignment assignment,
            Step step,
            Optional<Attempts.Failure> failure) {
        figures.turn(now().since(began));
        state.ifPresent(figures::changes);
        String decision = step.rule() + " " + step.action().step();
        if (!last.equals(Optional.of(decision))) {
            events.add("step", last.orElse(""), decision, step.reason());
            last = Optional.of(decision);
        }
        board.show(new Picture(seen, began, state, assignment, step, failure, kept()));
        shown.run();
    }

    private List<Quarantined> kept() {
        MonotonicTime now = now();
        if (listed.isEmpty() || now.since(listed.get()).compareTo(LISTING) >= 0) {
            kept = List.copyOf(engine.quarantine());
            listed = Optional.of(now);
        }
        return kept;
    }

    void acted(Step step) {
        look(step);
        figures.acted(step.action());
    }

    void failed(Step step, Attempts.Failure failure, Exception why) {
        look(step);
        figures.failed(step.action());
        if (failure.times() == 1) {
            events.add("failed", step.rule(), failure.step(), failure.message());
        }
    }

    private void look(Step after) {
        if (after.action() instanceof Action.Quarantine) {
            listed = Optional.empty();
        }
    }
}
