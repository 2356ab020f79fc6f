package io.understudy.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Keeps what the nodes of a failed test wrote, of which nothing is left when the test is over. */
final class FailureLogs {

    private static final Path KEPT = Path.of("target", "failed");
    private static final int DEPTH = 3;
    private static final int TOLD_LINES = 40;
    private static final List<String> NAMES = List.of("agent.log", "guard.log", "server.log", "journal");

    private FailureLogs() {}

    /** Copies every log below {@code root}; returns where they are and how each ends, for the message of the failure. */
    static String keep(Path root) {
        Path kept = KEPT.resolve(Long.toString(System.currentTimeMillis()));
        try (Stream<Path> files = Files.walk(root, DEPTH)) {
            return files.filter(file -> NAMES.contains(file.getFileName().toString()))
                    .sorted()
                    .map(file -> keep(file, kept.resolve(root.relativize(file))))
                    .collect(Collectors.joining("\n", "Logs are kept in " + kept.toAbsolutePath() + "\n", ""));
        } catch (IOException | UncheckedIOException gone) {
            return "Not all logs could be kept: " + gone;
        }
    }

    private static String keep(Path log, Path copy) {
        try {
            byte[] all = Files.readAllBytes(log);
            Files.createDirectories(copy.getParent());
            Files.write(copy, all);
            List<String> lines = new String(all, StandardCharsets.UTF_8).lines().toList();
            return log + " ends with\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - TOLD_LINES), lines.size()));
        } catch (IOException gone) {
            return log + " is gone: " + gone;
        }
    }
}
