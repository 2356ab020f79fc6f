package io.understudy.engines.postgres;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Processes of a server of this data directory, found by where they work: every PostgreSQL process works in its data
 * directory. What the guard did not start is never adopted: it is ended as a tree.
 */
final class Leftovers {

    private static final Path PROC = Path.of("/proc");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int STATE_FIELD_AFTER_NAME = 2;

    private Leftovers() {}

    /** The ids of the processes that work in {@code data} now; the dead that nobody reaped are not counted. */
    static List<Long> of(Path data) {
        List<Long> found = new ArrayList<>();
        try {
            Path real = data.toRealPath();
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
                for (Path process : processes) {
                    if (worksIn(process, real)) {
                        found.add(Long.parseLong(process.getFileName().toString()));
                    }
                }
            }
        } catch (IOException absent) {
            // Without the directory nothing works in it.
            return List.of();
        }
        return found;
    }

    /** The state letter of a process as /proc has it, {@code T} for stopped; empty when it is gone. */
    static Optional<Character> state(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"));
            return Optional.of(stat.charAt(stat.lastIndexOf(')') + STATE_FIELD_AFTER_NAME));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** The children of {@code pid} whose title contains {@code word}. */
    static List<Long> children(long pid, String word) {
        List<Long> found = new ArrayList<>();
        try {
            Path process = PROC.resolve(Long.toString(pid));
            String children = Files.readString(
                    process.resolve("task").resolve(Long.toString(pid)).resolve("children"));
            for (String child : children.trim().split(" ")) {
                if (!child.isEmpty() && title(Long.parseLong(child)).contains(word)) {
                    found.add(Long.parseLong(child));
                }
            }
        } catch (IOException gone) {
            return List.of();
        }
        return found;
    }

    /**
     * Stops what forks first, then kills everything until nothing is left.
     *
     * @return whether there was anything
     */
    static boolean end(Path data) throws IOException, InterruptedException {
        List<Long> first = of(data);
        if (first.isEmpty()) {
            return false;
        }
        Optional<Long> postmaster = postmaster(data).filter(first::contains);
        if (postmaster.isPresent()) {
            signal("STOP", postmaster.get());
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (List<Long> left = first; !left.isEmpty(); left = of(data)) {
            for (long pid : left) {
                if (postmaster.isEmpty() || pid != postmaster.get() || left.size() == 1) {
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "Processes " + left + " of a server of " + data + " that nobody supervises did not end"
                                + " within " + PATIENCE + " of SIGKILL. Are they waiting for a dead disk?");
            }
            Thread.sleep(1);
        }
        return true;
    }

    private static Optional<Long> postmaster(Path data) {
        try {
            return Files.readAllLines(data.resolve("postmaster.pid")).stream()
                    .findFirst()
                    .map(line -> Long.parseLong(line.strip()));
        } catch (IOException | NumberFormatException none) {
            return Optional.empty();
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    private static boolean worksIn(Path process, Path data) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(data)
                    && Files.readSymbolicLink(process.resolve("exe"))
                            .getFileName()
                            .toString()
                            .startsWith("postgres")
                    && state(Long.parseLong(process.getFileName().toString())).orElse('Z') != 'Z';
        } catch (IOException notOurs) {
            return false;
        }
    }

    /** Empty for a process that has just ended. */
    private static String title(long pid) {
        try {
            return titleOf(pid);
        } catch (IOException gone) {
            return "";
        }
    }

    private static String titleOf(long pid) throws IOException {
        return Files.readString(
                PROC.resolve(Long.toString(pid)).resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
