package io.understudy.chaos.steps;

import io.understudy.chaos.lab.Stalls;
import io.understudy.chaos.steps.TrialResult.Outcome;
import io.understudy.cli.UnusableMachineException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Crashes one after the other, on one cluster for as long as it heals. */
final class Course implements AutoCloseable {

    /** When a point was not reached it is tried again: some lie only on one of several ways. So is one on a machine that stalled. */
    private static final int TRIES = 3;

    /** What a machine that stalls for less does within a minute tells nothing of the machine. */
    private static final Duration STALL = Duration.ofSeconds(10);

    private final Map<Scenario.Database, Field> fields = new HashMap<>();
    private final Map<Scenario.Database, Optional<Path>> installations;
    private final Path logs;
    private final Stalls stalls = new Stalls();
    private final Consumer<String> told;
    private int kept;

    /**
     * @param installations of PostgreSQL; empty for the embedded one
     * @param logs where the logs of what went wrong go
     * @param told lines of progress
     */
    Course(Map<Scenario.Database, Optional<Path>> installations, Path logs, Consumer<String> told) {
        this.installations = Map.copyOf(installations);
        this.logs = logs;
        this.told = told;
    }

    /** The crash points of a scenario, found by playing it. */
    List<CrashPoint> points(Scenario scenario, Recording.Depth depth)
            throws IOException, UnusableMachineException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                return Recording.of(scenario, depth, field(scenario));
            } catch (IOException failed) {
                Field field = field(scenario);
                told.accept(failed.getMessage() + "; logs in " + field.keepLogs(logs.resolve(++kept + "-recording")));
                end(scenario.database());
                if (tries == TRIES) {
                    throw failed;
                }
            }
        }
    }

    TrialResult crash(Scenario scenario, CrashPoint point)
            throws IOException, UnusableMachineException, InterruptedException {
        stalls.longest();
        TrialResult result = once(scenario, point);
        for (int tries = 1; tries < TRIES && isUnjudged(result); tries++) {
            result = once(scenario, point);
        }
        return result;
    }

    private boolean isUnjudged(TrialResult result) {
        Duration stall = stalls.longest();
        if (result.outcome() == Outcome.BROKEN && result.healedMillis().isEmpty() && stall.compareTo(STALL) > 0) {
            told.accept("the machine stood still for " + stall.toMillis() + " ms, tried again: " + result.text());
            return true;
        }
        return result.outcome() == Outcome.NOT_REACHED;
    }

    private TrialResult once(Scenario scenario, CrashPoint point)
            throws IOException, UnusableMachineException, InterruptedException {
        Field field = field(scenario);
        Path place = logs.resolve(++kept + "-" + point.toString().replaceAll("[^A-Za-z0-9-]+", "-"));
        try {
            TrialResult result = new Trial(field, point, place).run(scenario);
            if (result.outcome() == Outcome.BROKEN) {
                end(scenario.database());
            }
            return result;
        } catch (RuntimeException failed) {
            told.accept("logs of what could not be judged: " + field.keepLogs(place));
            throw failed;
        }
    }

    private Field field(Scenario scenario) throws IOException, UnusableMachineException, InterruptedException {
        Field held = fields.get(scenario.database());
        if (held != null) {
            return held;
        }
        // One at a time: two would take each other's processors.
        endAll();
        told.accept("forming a cluster, "
                + (scenario.database() == Scenario.Database.EMBEDDED
                        ? "with the embedded PostgreSQL"
                        : "with the machine's PostgreSQL"));
        Field formed =
                Field.form(installations.getOrDefault(scenario.database(), Optional.empty()), logs.resolve("unformed"));
        fields.put(scenario.database(), formed);
        return formed;
    }

    private void end(Scenario.Database database) throws IOException, InterruptedException {
        Field field = fields.remove(database);
        if (field != null) {
            field.close();
        }
    }

    private void endAll() throws IOException, InterruptedException {
        for (Scenario.Database database : new ArrayList<>(fields.keySet())) {
            end(database);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stalls.close();
        endAll();
    }
}
