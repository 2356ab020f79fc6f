package io.understudy.cli.api;

import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file by which the verbs find the agents of a demonstration that runs for the same user: one line,
 * {@code host:port,host:port,…}. One file for each process; of several that still run the newest that answers is taken.
 */
public final class KnownDemo {

    private KnownDemo() {}

    /** Where it lies: the user's own cache directory. */
    public static Path file() {
        String cache = System.getenv("XDG_CACHE_HOME");
        return (cache == null || cache.isBlank() ? home().resolve(".cache") : Path.of(cache))
                .resolve("understudy")
                .resolve("demo-" + ProcessHandle.current().pid());
    }

    /** As a shell sees it; what the user database says can be a directory that does not exist. */
    private static Path home() {
        String home = System.getenv("HOME");
        return Path.of(home == null || home.isBlank() ? System.getProperty("user.home") : home);
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

    /** The agents of the demonstrations whose processes still live, the newest demonstration's first. */
    public static List<String> agents() throws IOException {
        Path directory = file().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return List.of();
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(KnownDemo::isLive)
                    .sorted(Comparator.comparing(KnownDemo::changed).reversed())
                    .toList();
        }
        List<String> agents = new ArrayList<>();
        for (Path file : files) {
            agents.addAll(Arrays.asList(Files.readString(file).strip().split(",", -1)));
        }
        return agents;
    }

    private static boolean isLive(Path file) {
        String name = file.getFileName().toString();
        return name.matches("demo-[0-9]{1,10}")
                && ProcessHandle.of(Long.parseLong(name.substring("demo-".length())))
                        .isPresent();
    }

    private static FileTime changed(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }
}
