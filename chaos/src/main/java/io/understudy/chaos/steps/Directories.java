package io.understudy.chaos.steps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories as somebody would remove them by hand. */
final class Directories {

    private Directories() {}

    /** With everything in it. */
    static void remove(Path directory) throws IOException {
        List<Path> inside;
        try (Stream<Path> files = Files.walk(directory)) {
            inside = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : inside) {
            Files.delete(file);
        }
    }
}
