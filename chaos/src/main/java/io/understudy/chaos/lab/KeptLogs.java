package io.understudy.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What the nodes wrote, kept beyond their end. */
public final class KeptLogs {

    private static final int DEPTH = 3;
    private static final Set<String> NAMES = Set.of(
            "agent.log",
            "guard.log",
            "server.log",
            "journal",
            "promise",
            "lineage",
            "role",
            "highest-position",
            "told.log");

    private KeptLogs() {}

    /** Copies every log below {@code root} to the same place below {@code to}; returns that. */
    public static Path copy(Path root, Path to) throws IOException {
        List<Path> logs;
        try (Stream<Path> files = Files.walk(root, DEPTH)) {
            logs = files.filter(file -> NAMES.contains(String.valueOf(file.getFileName())))
                    .toList();
        }
        for (Path log : logs) {
            Path copy = to.resolve(root.relativize(log));
            Files.createDirectories(copy.resolveSibling("."));
            Files.copy(log, copy, StandardCopyOption.REPLACE_EXISTING);
        }
        return to;
    }
}
