package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes a new database beside its place and puts it there when it is whole. Nothing listens meanwhile. */
final class Initialising {

    private static final String PARTIAL = ".init-partial";
    private static final long LIMIT_SECONDS = 60;
    private static final int NOTE_LENGTH = 1500;

    private final Node node;

    Initialising(Node node) {
        this.node = node;
    }

    void initialise() throws IOException, EngineException, InterruptedException {
        Path data = node.data();
        requireEmpty(data);
        Path parent = Trees.parentOf(data);
        Files.createDirectories(parent);
        Path partial = data.resolveSibling(data.getFileName() + PARTIAL);
        Trees.delete(partial);
        Files.createDirectory(partial);
        node.user.own(partial);
        initdb(partial);
        // The server writes what it runs with into its control file, and a replica must not run with less.
        node.files.writeSettings(partial, ServerParameters.LiveSettings.SEALED);
        single(partial, statements());
        node.files.writeInitialAccess(partial);
        node.files.prepareStart(partial, ServerParameters.LiveSettings.SEALED);
        node.files.writeCluster(partial, node.roles.clusterIdentity());
        node.files.writeIncarnation(partial, Node.newIncarnation());
        node.state.lineage(List.of(TimelineStart.GENESIS));
        node.state.highest(Position.START);
        node.state.role(NodeFiles.Role.FRESH);
        Trees.sync(partial);
        Files.move(partial, data, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(parent);
    }

    private void initdb(Path partial) throws IOException, EngineException, InterruptedException {
        List<String> command = List.of(
                node.installation.program("initdb").toString(),
                "-D",
                partial.toString(),
                "-U",
                Roles.SUPERVISOR,
                "--data-checksums",
                "--encoding=UTF8",
                "--no-locale",
                "--auth=reject",
                "--no-sync",
                "--no-instructions");
        run(command, partial, "");
    }

    /** Statements for the server's single-user mode, which ends one at the end of its line. */
    private List<String> statements() {
        List<String> all = new ArrayList<>();
        all.add("alter role \"" + Roles.SUPERVISOR + "\" password '" + node.roles.passwordOf(Roles.SUPERVISOR) + "'");
        for (NodeId member : node.settings.members()) {
            all.add(replicationLogin(Roles.loginOf(member)));
        }
        all.add(replicationLogin(Roles.CLONE));
        all.addAll(node.settings.bootstrapSql());
        return all;
    }

    private String replicationLogin(String login) {
        return "create role \"" + login + "\" login replication password '" + node.roles.passwordOf(login) + "'";
    }

    private void single(Path partial, List<String> statements)
            throws IOException, EngineException, InterruptedException {
        StringBuilder input = new StringBuilder();
        for (String statement : statements) {
            input.append(statement.replaceAll("\\s*[\\r\\n]+\\s*", " ")).append('\n');
        }
        List<String> command = List.of(
                node.installation.program("postgres").toString(),
                "--single",
                "-D",
                partial.toString(),
                "-c",
                "exit_on_error=true",
                "-c",
                "password_encryption=scram-sha-256",
                "-c",
                "synchronous_standby_names=",
                "postgres");
        run(command, partial, input.toString());
    }

    private void run(List<String> command, Path directory, String input)
            throws IOException, EngineException, InterruptedException {
        Path output = Files.createTempFile(node.settings.stateDirectory(), "initialise", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(node.user.running(command))
                    .directory(Trees.parentOf(directory).toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("TZ", "UTC");
            Process process = builder.start();
            try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
                stdin.write(input);
            } catch (IOException endedEarly) {
                // Its status and its output say why.
                process.toHandle();
            }
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            if (!ended || process.exitValue() != 0) {
                String said = Files.readString(output).strip();
                throw new EngineException("Initialising failed: " + command.getFirst() + " "
                        + (ended
                                ? "ended with status " + process.exitValue()
                                : "took more than " + LIMIT_SECONDS + " s")
                        + ", expected 0. It said: " + said.substring(Math.max(0, said.length() - NOTE_LENGTH)));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static void requireEmpty(Path data) throws IOException, EngineException {
        if (!Files.exists(data)) {
            return;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(data)) {
            for (Path found : content) {
                throw new EngineException("The data directory " + data + " is not empty: found '" + found.getFileName()
                        + "'. Nothing is ever overwritten: move its content away, or name another directory.");
            }
        }
    }
}
