package io.understudy.chaos;

import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Repairs.Lasting;
import io.understudy.chaos.faults.Scene;
import io.understudy.chaos.judge.Judge;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.lab.Stalls;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.Finding;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import io.understudy.chaos.workload.Outcome;
import io.understudy.chaos.workload.Workload;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Breaks a cluster again and again, and judges each time it is whole. */
final class Campaign {

    private static final Duration STEADY = Duration.ofMillis(1500);
    private static final Duration STEADY_PATIENCE = Duration.ofSeconds(60);

    /** What takes longer is told while it lasts. */
    private static final Duration QUICK = Duration.ofSeconds(10);

    private static final Duration HEALING = Duration.ofSeconds(120);
    private static final Duration SWEEP = Duration.ofSeconds(1);

    /** Spreads small numbers over all bits. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final Options options;
    private final Lab lab;
    private final Workload workload;
    private final Judge judge;
    private final Chronicle chronicle;
    private final AgentUse use;
    private final Stalls stalls;
    private final Scene scene;
    private final Narrator narrator;
    private final FaultNotes notes;
    private final List<OutageSpan> pauses = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private long sweptNanos = System.nanoTime();

    Campaign(
            Options options,
            Lab lab,
            Workload workload,
            Judge judge,
            Chronicle chronicle,
            AgentUse use,
            Stalls stalls,
            Scene scene,
            Narrator narrator) {
        this.options = options;
        this.lab = lab;
        this.workload = workload;
        this.judge = judge;
        this.chronicle = chronicle;
        this.use = use;
        this.stalls = stalls;
        this.scene = scene;
        this.narrator = narrator;
        this.notes = new FaultNotes(workload.book(), workload::isRouted, chronicle::millis);
    }

    FaultNotes notes() {
        return notes;
    }

    /** Times in which nothing was sent on purpose. */
    List<OutageSpan> pauses() {
        return pauses;
    }

    List<Finding> findings() {
        return findings;
    }

    /** Ends early when the cluster does not heal: what comes after that tells nothing. */
    void run() throws InterruptedException, UnusableMachineException {
        try {
            playAll();
        } catch (IOException | RuntimeException failed) {
            found("TheRunCameToItsEnd", failed.toString());
        }
    }

    private void playAll() throws IOException, InterruptedException, UnusableMachineException {
        long began = System.nanoTime();
        int number = 0;
        int alone = options.alone() ? options.faults().size() : 0;
        if (options.alone()) {
            for (Fault fault : options.faults()) {
                number++;
                if (!play(Sequence.alone(fault), scene.drawing(random(number)), "[" + number + "/" + alone + "] ")) {
                    return;
                }
            }
        }
        while (System.nanoTime() - began < options.length().toNanos()) {
            number++;
            long minutes = Duration.ofNanos(System.nanoTime() - began).toMinutes();
            String progress = "[" + number + ", minute " + minutes + " of "
                    + options.length().toMinutes() + "] ";
            Random random = random(number);
            if (!play(Sequence.draw(options.faults(), random), scene.drawing(random), progress)) {
                return;
            }
        }
    }

    /** Each has its own, so that what is drawn for one does not depend on how the others went. */
    private Random random(int number) {
        return new Random(options.seed() ^ number * GOLDEN);
    }

    /** Whether the cluster became whole again. */
    private boolean play(Sequence sequence, Scene at, String progress)
            throws IOException, InterruptedException, UnusableMachineException {
        steady();
        String primary = lab.primary().id().name();
        stalls.longest();
        long before = workload.book().count(Outcome.ACKNOWLEDGED);
        cause(sequence, at, progress);
        List<Lasting> repaired = scene.repairs().takeMade();
        long mended = System.nanoTime();
        boolean whole = Await.until(QUICK, () -> isWhole(mended));
        if (!whole) {
            narrator.say(progress + "not whole yet: " + String.join("; ", problems(mended)));
            whole = Await.until(HEALING, () -> isWhole(mended));
        }
        long healed = System.nanoTime();
        if (!whole) {
            found(
                    "TheClusterHealsItself",
                    "not whole " + HEALING.toSeconds() + " s after the last repair: "
                            + String.join("; ", problems(mended)));
        }
        List<FaultSpan> noted = notes.repaired(
                repaired, new FaultNotes.Played(sequence, primary, mended, healed, whole, stalls.longest()));
        noted.forEach(fault -> WritesGoOnInTime.broken(fault).ifPresent(text -> found("WritesGoOnInTime", text)));
        if (whole) {
            chronicle
                    .unexplained()
                    .forEach(epoch -> found(
                            "EveryChangeHasAReason",
                            "no agent told why epoch " + epoch + " began, and it was seen to begin"));
        }
        boolean judged = whole && judge();
        if (judged && findings.isEmpty()) {
            lab.dropKeptCopies();
        }
        narrator.say(String.format(
                Locale.ROOT,
                "%s%s: %s, outage %s, %d more acknowledged, %d promises broken so far",
                progress,
                names(sequence),
                whole ? "whole again after " + Duration.ofNanos(healed - mended).toMillis() + " ms" : "NOT WHOLE",
                Outages.longest(noted),
                workload.book().count(Outcome.ACKNOWLEDGED) - before,
                findings.size()));
        return judged;
    }

    private static String names(Sequence sequence) {
        return String.join(" + ", sequence.faults().stream().map(Fault::name).toList());
    }

    private boolean isWhole(long since) {
        if (System.nanoTime() - sweptNanos > SWEEP.toNanos()) {
            startMissing();
            sweptNanos = System.nanoTime();
        }
        return problems(since).isEmpty();
    }

    /** As an init system does: an agent that one fault ended and no repair started, or that ended late. */
    private void startMissing() {
        try {
            for (LocalNode node : lab.nodes()) {
                if (!node.hasAgent()) {
                    node.start();
                }
                node.takeCrashes()
                        .forEach(status -> found(
                                "AgentsDoNotCrash",
                                "an agent of " + node.id() + " ended by itself with status " + status
                                        + ": see its log"));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private List<String> problems(long since) {
        List<String> problems = new ArrayList<>(lab.problems(since));
        long silent = workload.writerCount() - workload.writersAnsweredSince(since);
        if (silent > 0) {
            problems.add(silent + " clients had no write acknowledged since");
        }
        return problems;
    }

    private void steady() throws IOException, InterruptedException {
        long began = System.nanoTime();
        if (!Await.until(
                STEADY_PATIENCE,
                () -> System.nanoTime() - began >= STEADY.toNanos()
                        && workload.writersAnsweredSince(began) == workload.writerCount())) {
            throw new IOException("Not every client had a write acknowledged within " + STEADY_PATIENCE.toSeconds()
                    + " s of quiet: " + String.join("; ", problems(began)));
        }
        use.look(lab.nodes());
    }

    /** Causes all, and repairs each when its time has come. */
    private void cause(Sequence sequence, Scene at, String progress)
            throws InterruptedException, UnusableMachineException {
        try {
            for (int i = 0; i < sequence.faults().size(); i++) {
                if (i > 0) {
                    scene.repairs().sleep(sequence.gaps().get(i - 1));
                }
                cause(sequence.faults().get(i), at, sequence.faults().size() == 1, progress);
            }
            scene.repairs().awaitAll();
        } catch (RuntimeException failed) {
            // The run ends here: nothing that a fault made is to outlive it.
            scene.repairs().abandon().forEach(narrator::say);
            throw failed;
        }
    }

    private void cause(Fault fault, Scene at, boolean alone, String progress)
            throws InterruptedException, UnusableMachineException {
        long from = System.nanoTime();
        try {
            Caused caused = fault.cause().on(at);
            narrator.say(progress + "FAULT " + fault.name() + ": " + caused.text());
            scene.repairs().add(fault, caused, from);
        } catch (RequestRefusedException | IOException impossible) {
            String why = String.valueOf(impossible.getMessage());
            notes.couldNotBeCaused(fault, from, why);
            if (alone) {
                found("EveryFaultCanHappen", fault.name() + " could not be caused, nothing else being broken: " + why);
            }
            // In the middle of other faults an agent may be unable to do what it is asked for, and says so.
            narrator.say(progress + "fault " + fault.name() + " could not be caused: " + why);
        }
    }

    private boolean judge() throws InterruptedException {
        long from = System.nanoTime();
        workload.pause();
        try {
            List<Finding> broken = judge.judge(chronicle.chosen(), chronicle.millis(from));
            broken.forEach(this::found);
            return true;
        } catch (IOException unreadable) {
            found("EverythingCanBeReadBack", String.valueOf(unreadable.getMessage()));
            return false;
        } finally {
            workload.resume();
            pauses.add(new OutageSpan(chronicle.millis(from), chronicle.millis(System.nanoTime())));
        }
    }

    private void found(String promise, String text) {
        found(new Finding(promise, text, chronicle.millis(System.nanoTime())));
    }

    private void found(Finding finding) {
        narrator.say("BROKEN " + finding.promise() + ": " + finding.text());
        findings.add(finding);
    }
}
