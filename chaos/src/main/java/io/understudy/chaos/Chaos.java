package io.understudy.chaos;

import io.understudy.chaos.faults.Repairs;
import io.understudy.chaos.faults.Scene;
import io.understudy.chaos.judge.Judge;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.lab.Stalls;
import io.understudy.chaos.report.ChaosReport;
import io.understudy.chaos.report.ReportFile;
import io.understudy.chaos.report.ReportPage;
import io.understudy.chaos.workload.Schema;
import io.understudy.chaos.workload.Workload;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.Narrator;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A run from beginning to end. */
final class Chaos {

    private static final Duration FORMING = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Options options;
    private final Narrator narrator;

    Chaos(Options options, PrintWriter out) {
        this.options = options;
        this.narrator = new Narrator(out);
    }

    /** Whether every promise was kept. Nothing is left behind but the reports, and, when one was broken, the nodes' directories. */
    boolean play() throws IOException, UnusableMachineException, InterruptedException {
        LocalDirectory directory = LocalDirectory.make(Optional.empty());
        narrator.say("to run the same again: " + options.command());
        Lab lab;
        try {
            PostgresInstallation.find(new InstallationSource.Embedded(directory.binaries()));
            lab = Lab.layOut(
                    options.mode(), options.nodes(), directory, new Narrator(new PrintWriter(Writer.nullWriter())));
        } catch (IOException | UnusableMachineException | RuntimeException failed) {
            directory.remove();
            throw failed;
        }
        Ending ending = new Ending(lab, directory, narrator);
        Runtime.getRuntime().addShutdownHook(new Thread(ending, "ending"));
        boolean kept = false;
        try {
            kept = play(lab);
        } finally {
            if (kept) {
                ending.discardDirectory();
            }
            ending.run();
        }
        return kept;
    }

    private boolean play(Lab lab) throws IOException, UnusableMachineException, InterruptedException {
        Instant beganAt = Instant.now();
        Chronicle chronicle = new Chronicle(lab);
        lab.start();
        chronicle.start();
        form(lab);
        try (chronicle;
                Stalls stalls = new Stalls();
                Workload workload = new Workload(lab, chronicle.beganNanos())) {
            Judge judge = new Judge(lab, workload);
            AgentUse use = new AgentUse();
            Campaign campaign = new Campaign(
                    options,
                    lab,
                    workload,
                    judge,
                    chronicle,
                    use,
                    stalls,
                    new Scene(lab, new Random(options.seed()), new Repairs()),
                    narrator);
            workload.start();
            workload.resume();
            try {
                campaign.run();
            } finally {
                ChaosReport report =
                        new Reporting(options, lab, workload, chronicle).report(beganAt, campaign, judge, use);
                write(report);
            }
            return campaign.findings().isEmpty();
        }
    }

    /** Waits until the cluster is whole and has its tables. */
    private void form(Lab lab) throws IOException, InterruptedException {
        long began = System.nanoTime();
        if (!Await.until(FORMING, () -> Health.isWhole(lab.watch().newest()))) {
            throw new IOException("The cluster did not form within " + FORMING.toSeconds() + " s: "
                    + String.join("; ", lab.problems(began)));
        }
        long deadline = System.nanoTime() + FORMING.toNanos();
        while (true) {
            try {
                Schema.make(lab.database(), lab.primary().addresses().database());
                narrator.say("the cluster is whole, " + lab.primary().id() + " is primary");
                return;
            } catch (SQLException notYet) {
                if (deadline - System.nanoTime() <= 0) {
                    throw new IOException("The tables cannot be made: " + notYet.getMessage(), notYet);
                }
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        }
    }

    private void write(ChaosReport report) throws IOException {
        Files.createDirectories(Optional.ofNullable(options.page().getParent()).orElseThrow());
        Files.createDirectories(Optional.ofNullable(options.json().getParent()).orElseThrow());
        ReportFile.write(options.json(), report);
        ReportPage.write(options.page(), report);
        ChaosReport.Totals totals = report.totals();
        narrator.say(
                "%d faults (%d more could not be caused), %d failovers, %d switchovers; writes: %d acknowledged, %d refused, %d unknown; %d lost (%d of them told by receipts), %d doubled, %d misreported"
                        .formatted(
                                totals.faults(),
                                report.uncaused().size(),
                                totals.failovers(),
                                totals.switchovers(),
                                totals.acknowledged(),
                                totals.refused(),
                                totals.unknown(),
                                totals.lost(),
                                totals.allowedLost(),
                                totals.doubled(),
                                totals.misreported()));
        narrator.say((report.isKept() ? "every promise was kept" : "PROMISES WERE BROKEN") + "; the report: "
                + options.page());
    }
}
