package io.understudy.chaos.steps;

import io.understudy.chaos.steps.Play.Phase;
import io.understudy.chaos.steps.TrialResult.Outcome;
import io.understudy.cli.demo.OpenShop;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One crash at one point, and what came of it. On a cluster that is whole; whether it is whole again is in the result. */
final class Trial {

    /** How long a cluster may take. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** How long an init system takes to start an agent again. */
    private static final Duration RESTART = Duration.ofMillis(500);

    private static final Duration STEADY = Duration.ofSeconds(10);

    private final Field field;
    private final CrashPoint point;
    private final Path logs;
    private final List<String> problems = new ArrayList<>();
    private Optional<Watch.Seen> held = Optional.empty();
    private OpenShop.Findings findings = new OpenShop.Findings(0, List.of(), List.of(), List.of(), List.of());
    private Optional<Duration> open = Optional.empty();
    private Optional<Duration> healed = Optional.empty();

    /** @param logs where the nodes' logs go when it does not go well */
    Trial(Field field, CrashPoint point, Path logs) {
        this.field = field;
        this.point = point;
        this.logs = logs;
    }

    TrialResult run(Scenario scenario) throws IOException, InterruptedException {
        field.note(point.toString());
        try {
            crash(scenario);
        } catch (IOException failed) {
            problems.add("cannot be judged: " + failed.getMessage());
        }
        Optional<String> kept = problems.isEmpty()
                ? Optional.empty()
                : Optional.of(field.keepLogs(logs).toString());
        return new TrialResult(
                point.scenario(),
                point.role(),
                point.moment().step(),
                point.moment().place(),
                point.time(),
                point.kill().toString(),
                held.map(seen -> seen.node().name()),
                !problems.isEmpty() ? Outcome.BROKEN : held.isPresent() ? Outcome.HEALED : Outcome.NOT_REACHED,
                open.map(Duration::toMillis),
                healed.map(Duration::toMillis),
                findings.acknowledged(),
                findings.lost().size(),
                problems,
                kept);
    }

    private void crash(Scenario scenario) throws IOException, InterruptedException {
        long began = System.nanoTime();
        if (!require(STEADY, "was not whole before the crash", () -> field.isWhole(began))) {
            return;
        }
        Play play = scenario.staging().on(field);
        try (Watch watch = new Watch(play.roles(), seen -> point.isAt(seen.role(), seen.moment(), seen.time()))) {
            perform(play, watch);
            held = watch.held();
            if (held.isPresent()) {
                kill(field.node(held.get().node()));
            }
        }
        mend(held.map(Watch.Seen::node).map(field::node));
        if (problems.isEmpty()) {
            problems.addAll(play.check().problems());
            findings = field.readBack();
            judge();
        }
    }

    /** Until somebody is held, or all went by. */
    private void perform(Play play, Watch watch) throws IOException, InterruptedException {
        for (Phase phase : play.phases()) {
            field.note(phase.text());
            phase.doing().run(watch);
            require(
                    PATIENCE,
                    phase.text() + ", and what follows from it did not",
                    () -> watch.held().isPresent() || phase.over().getAsBoolean());
            if (watch.held().isPresent() || !problems.isEmpty()) {
                return;
            }
        }
    }

    private void kill(LocalNode node) throws IOException {
        field.note(point.kill() + ": " + node.id());
        switch (point.kill()) {
            case AGENT -> node.killAgent();
            case NODE -> node.killEverything();
        }
    }

    /** First only whoever was killed at the point comes back, then all. */
    private void mend(Optional<LocalNode> killed) throws IOException, InterruptedException {
        long crashed = System.nanoTime();
        if (killed.isPresent()) {
            TimeUnit.NANOSECONDS.sleep(RESTART.toNanos());
            field.start(killed.get());
            long restarted = System.nanoTime();
            if (require(PATIENCE, "did not open again", () -> field.isOpen(restarted))) {
                open = Optional.of(Duration.ofNanos(System.nanoTime() - crashed));
            }
        }
        field.startAll();
        long all = System.nanoTime();
        if (require(PATIENCE, "did not heal", () -> field.isWhole(all))) {
            healed = Optional.of(Duration.ofNanos(System.nanoTime() - crashed));
        }
    }

    private boolean require(Duration patience, String otherwise, BooleanSupplier condition)
            throws InterruptedException {
        if (Await.until(patience, condition)) {
            return true;
        }
        problems.add(otherwise + " within " + patience.toSeconds() + " s: " + field.problems());
        return false;
    }

    private void judge() {
        if (!findings.lost().isEmpty()) {
            problems.add("acknowledged and not there: " + findings.lost());
        }
        if (!findings.doubled().isEmpty()) {
            problems.add("there more than once: " + findings.doubled());
        }
        if (!findings.neverSent().isEmpty()) {
            problems.add("there and never sent: " + findings.neverSent());
        }
        problems.addAll(findings.differing());
    }
}
