package io.understudy.cli.api;

import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The file by which the verbs find the agents of a demonstration that runs for the same user: one line,
 * {@code host:port,host:port,…}. One file for each process; the newest of those that still run is taken.
 */
public final class KnownDemo {

    private KnownDemo() {}

    /** Where it lies: the user's own cache directory. */
    public static Path file() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base =
                cache == null || cache.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
        return base.resolve("understudy")
                .resolve("demo-" + ProcessHandle.current().pid());
    }

    /** Notes the agents of a demonstration of this process. */
    public static void write(List<Endpoint> agents) throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), agents.stream().map(Endpoint::toString).collect(Collectors.joining(",")) + "\n");
    }

    /** Forgets it. */
    public static void remove() throws IOException {
        Files.deleteIfExists(file());
    }

    /** The agents of the newest demonstration whose process still lives, as {@link #write} noted them. */
    public static Optional<String> newest() throws IOException {
        Path directory = file().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return Optional.empty();
        }
        List<Path> files;
        try (var all = Files.list(directory)) {
            files = all.filter(KnownDemo::isLive)
                    .sorted(java.util.Comparator.comparing(KnownDemo::changed))
                    .toList();
        }
        return files.isEmpty()
                ? Optional.empty()
                : Optional.of(Files.readString(files.getLast()).strip());
    }

    private static boolean isLive(Path file) {
        String name = file.getFileName().toString();
        return name.matches("demo-[0-9]{1,10}")
                && ProcessHandle.of(Long.parseLong(name.substring("demo-".length())))
                        .isPresent();
    }

    private static java.nio.file.attribute.FileTime changed(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return java.nio.file.attribute.FileTime.fromMillis(0);
        }
    }
}
