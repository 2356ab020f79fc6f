package io.understudy.engines.postgres;

import io.understudy.guard.SeenProcess;
import io.understudy.guard.StrayServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Processes of a server of this data directory, found by where they work: every PostgreSQL process works in its data
 * directory. What the guard did not start is never adopted: it is ended as a tree.
 */
final class Leftovers {

    private static final Path PROC = Path.of("/proc");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LEAVING_PATIENCE = Duration.ofSeconds(1);
    private static final int STATE_FIELD_AFTER_NAME = 2;

    private Leftovers() {}

    /**
     * The processes that work in {@code data} now; none when there is no such directory. One that is ending counts no more:
     * it acts no more either, but holds files and shared memory a little longer, which {@link #end} waits for.
     *
     * @throws IOException when it cannot be told
     */
    static List<SeenProcess> of(Path data) throws IOException {
        try {
            return StrayServer.serversIn(data);
        } catch (NoSuchFileException absent) {
            return List.of();
        }
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
     * Asks a server that nobody supervises to stop in order, so that it leaves no shared memory behind, and then does as
     * {@link #end}.
     *
     * @return whether there was anything
     */
    static boolean stop(Path data, Duration patience) throws IOException, InterruptedException {
        List<SeenProcess> found = of(data);
        Optional<Long> postmaster =
                postmaster(data).filter(pid -> found.stream().anyMatch(process -> process.pid() == pid));
        if (postmaster.isPresent()) {
            signal("INT", postmaster.get());
            StrayServer.awaitEnd(found, patience);
        }
        return end(data) || !found.isEmpty();
    }

    /**
     * Stops what forks first, then kills everything until nothing is left, and waits until the kernel has closed its files
     * and taken its memory: a server started before that finds the old one's shared memory in use.
     *
     * @return whether there was anything
     */
    static boolean end(Path data) throws IOException, InterruptedException {
        Set<SeenProcess> seen = new LinkedHashSet<>();
        Optional<Long> postmaster = postmaster(data);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (List<SeenProcess> left = of(data); !left.isEmpty(); left = of(data)) {
            List<Long> pids = left.stream().map(SeenProcess::pid).toList();
            if (seen.isEmpty() && postmaster.filter(pids::contains).isPresent()) {
                signal("STOP", postmaster.get());
            }
            seen.addAll(left);
            for (long pid : pids) {
                if (postmaster.isEmpty() || pid != postmaster.get() || pids.size() == 1) {
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
            if (System.nanoTime() - deadline > 0) {
                break;
            }
            Thread.sleep(1);
        }
        List<SeenProcess> hanging =
                StrayServer.awaitEnd(seen, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        if (!hanging.isEmpty()) {
            throw new IOException(
                    "Processes " + hanging + " of a server of " + data + " that nobody supervises did not end"
                            + " within " + PATIENCE + " of SIGKILL. Are they waiting for a dead disk?");
        }
        awaitLeaving(data);
        return !seen.isEmpty();
    }

    /**
     * Some may have begun to end before anybody looked. They can be another node's, so one that hangs is no reason to do
     * nothing for ever: should it be ours, the next start says so.
     */
    private static void awaitLeaving(Path data) throws IOException {
        if (Files.isDirectory(data)) {
            StrayServer.awaitEnd(StrayServer.leaving(data), LEAVING_PATIENCE);
        }
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
