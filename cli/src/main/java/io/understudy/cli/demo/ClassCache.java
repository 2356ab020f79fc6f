package io.understudy.cli.demo;

import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.AgentJvm;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes the file of linked classes that agents start from: a small cluster of its own changes its primary twice, one of its
 * agents writes down which classes it used, and a JVM makes the file of that.
 */
public final class ClassCache {

    private static final int ROUNDS = 2;
    private static final int LAST_LINES = 20;
    private static final Duration RECORDING_LIMIT = Duration.ofSeconds(60);
    private static final Duration MAKING_LIMIT = Duration.ofSeconds(120);

    private final Narrator narrator;

    /** @param told where progress is told */
    public ClassCache(PrintWriter told) {
        this.narrator = new Narrator(told);
    }

    /**
     * Makes it; {@code file} appears when it is whole.
     *
     * @throws IOException when the cluster did not form or a JVM failed: it says which, and nothing is left behind
     */
    public void make(Path file) throws IOException, UnusableMachineException, InterruptedException {
        Path target = file.toAbsolutePath();
        LocalDirectory directory = LocalDirectory.make(Optional.empty());
        try {
            Path record = directory.root().resolve("classes.record");
            record(directory, record);
            Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
            narrator.say("making " + target);
            try {
                run(record, unfinished, directory.root().resolve("classes.log"));
                Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
            narrator.say("made, " + Files.size(target) / (1 << 20) + " MiB");
        } finally {
            directory.remove();
        }
    }

    private void record(LocalDirectory directory, Path record)
            throws IOException, UnusableMachineException, InterruptedException {
        DemoOptions options = new DemoOptions(
                ReplicationMode.SEMI_SYNC,
                DemoOptions.FEWEST_NODES,
                Fault.SWITCHOVER,
                ROUNDS,
                DemoOptions.Ending.STOP,
                Optional.of(directory.root()),
                DemoOptions.Output.TEXT);
        PostgresInstallation.find(new InstallationSource.Embedded(directory.binaries()));
        narrator.say("a small cluster of its own changes its primary twice, to see which classes an agent uses");
        Narrator quiet = new Narrator(new PrintWriter(Writer.nullWriter()));
        DemoCluster cluster = DemoCluster.layOut(options, directory, quiet);
        // When told to go, the hook ends the cluster and removes its directory; else what was recorded there is needed.
        Cleanup cleanup = new Cleanup(cluster, directory, quiet);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> forget(cleanup, directory), "cleanup"));
        // Second in the alphabet: it begins as a replica and is the first choice of a switchover.
        LocalNode recorder = cluster.nodes().get(1);
        recorder.record(record);
        try {
            cluster.start();
            if (!Demo.form(cluster, narrator)) {
                throw new IOException(
                        "the cluster did not form; the recording agent's last words: " + lastWords(recorder));
            }
            for (int round = 1; round <= ROUNDS; round++) {
                new Round(cluster, Fault.SWITCHOVER, quiet).play();
            }
            narrator.say("writing down what was used");
            if (!recorder.endAgent(RECORDING_LIMIT)) {
                throw new IOException(
                        "the agent did not write down its classes in " + RECORDING_LIMIT.toSeconds() + " s");
            }
        } finally {
            cleanup.keepDirectory();
            cleanup.run();
        }
    }

    private void forget(Cleanup cleanup, LocalDirectory directory) {
        cleanup.run();
        try {
            directory.remove();
        } catch (IOException left) {
            narrator.say("not everything was removed: " + left.getMessage());
        }
    }

    private static String lastWords(LocalNode node) throws IOException {
        List<String> lines = Files.readAllLines(node.log());
        return String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    private static void run(Path record, Path cache, Path log) throws IOException, InterruptedException {
        Process making = new ProcessBuilder(AgentJvm.making(record, cache))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start();
        try {
            if (!making.waitFor(MAKING_LIMIT.toSeconds(), TimeUnit.SECONDS) || making.exitValue() != 0) {
                throw new IOException("the JVM did not make the file of linked classes: " + Files.readString(log));
            }
        } finally {
            making.destroyForcibly();
        }
    }
}
