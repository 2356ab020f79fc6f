package io.understudy.chaos.steps;

import io.understudy.chaos.steps.Play.Phase;
import io.understudy.cli.local.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;

/** Which moments a scenario passes through: it is played once with nobody killed at any of them. */
final class Recording {

    private Recording() {}

    /** How many of the moments are crash points. */
    enum Depth {
        /** Those before and after a step, and before and after a decision. */
        STEPS,
        /** Those inside a step too. */
        INSIDE_STEPS
    }

    /** Plays it; returns its crash points in order. The cluster is whole afterwards. */
    static List<CrashPoint> of(Scenario scenario, Depth depth, Field field) throws IOException, InterruptedException {
        Play play = scenario.staging().on(field);
        List<Watch.Seen> seen;
        try (Watch watch = new Watch(play.roles(), moment -> false)) {
            for (Phase phase : play.phases()) {
                field.note("to be recorded: " + phase.text());
                phase.doing().run(watch);
                require(field, phase.text(), Await.until(Trial.PATIENCE, phase.over()));
            }
            seen = watch.seen();
        }
        field.startAll();
        long all = System.nanoTime();
        require(field, scenario.name(), Await.until(Trial.PATIENCE, () -> field.isWhole(all)));
        List<String> wrong = play.check().problems();
        if (!wrong.isEmpty()) {
            throw new IOException(String.join("; ", wrong));
        }
        return crashPoints(scenario.name(), depth, play.roles().values(), seen);
    }

    private static void require(Field field, String what, boolean condition) throws IOException {
        if (!condition) {
            throw new IOException(what + ": what follows from it did not within " + Trial.PATIENCE.toSeconds()
                    + " s, and nobody was killed for it: " + field.problems());
        }
    }

    /**
     * The crash points of what was recorded, in order. One that comes again, such as a step that is tried until it leads
     * somewhere, is no new one: each counts as often as there are nodes that may come to it.
     *
     * @param roles of the nodes that were looked at, each as often as it was given
     */
    static List<CrashPoint> crashPoints(
            String scenario, Depth depth, Collection<String> roles, List<Watch.Seen> recorded) {
        LinkedHashSet<CrashPoint> points = new LinkedHashSet<>();
        for (Watch.Seen seen : recorded) {
            if (!seen.moment().isFailure()
                    && (depth == Depth.INSIDE_STEPS || !seen.moment().isInside())
                    && seen.time() <= Math.max(1, Collections.frequency(roles, seen.role()))) {
                for (Kill kill : Kill.values()) {
                    points.add(new CrashPoint(scenario, seen.role(), seen.moment(), seen.time(), kill));
                }
            }
        }
        return new ArrayList<>(points);
    }
}
