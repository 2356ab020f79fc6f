package io.understudy.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes a server left behind when its guard was itself killed. The kernel then kills the postmaster (PR_SET_PDEATHSIG), but busy backends
 * run on and go on acknowledging. They are known by their working directory, which for every process of PostgreSQL is the data directory. Needs no
 * guard: it is what an agent does when its guard is gone, before anything else.
 */
public final class StrayServer {
    private static final Duration PAUSE = Duration.ofMillis(1);
    private static final Path PROC = Path.of("/proc");
    private static final Set<String> SERVERS = Set.of("postgres", "postmaster");

    private StrayServer() {}

    /**
     * The processes whose working directory this is; empty when none is. Those of other users are found only by root. One that is ending counts no
     * more, see {@link #leaving}.
     *
     * @throws IOException when the directory does not exist, or it cannot be told
     */
    public static List<SeenProcess> processesIn(Path directory) throws IOException {
        Path real = directory.toRealPath();
        return matching(process -> worksIn(process, real));
    }

    /**
     * The same, but only processes of a database server; not a shell that somebody opened there.
     *
     * @throws IOException when the directory does not exist, or it cannot be told
     */
    public static List<SeenProcess> serversIn(Path directory) throws IOException {
        Path real = directory.toRealPath();
        return matching(process -> worksIn(process, real) && isServer(process));
    }

    /**
     * Processes of any database server that belong to the directory's owner and are ending. Where they worked cannot be told any more; one of them
     * may still have the directory's files open and its server's shared memory attached, but it runs no instruction of its program. To be asked after
     * {@link #processesIn}: whatever had worked there and is left is then in one answer or the other.
     *
     * @throws IOException when the directory does not exist, or it cannot be told
     */
    public static List<SeenProcess> leaving(Path directory) throws IOException {
        Object owner = Files.getAttribute(directory.toRealPath(), "unix:uid");
        return matching(process -> isServer(process)
                && isExiting(process)
                && Files.getAttribute(process, "unix:uid").equals(owner));
    }

    /**
     * Waits until these have {@link SeenProcess#ended ended}.
     *
     * @return those that have not within this time; normally none
     */
    public static List<SeenProcess> awaitEnd(Collection<SeenProcess> processes, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        List<SeenProcess> left = notEnded(processes);
        while (!left.isEmpty() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(PAUSE.toNanos());
            left = notEnded(left);
        }
        return left;
    }

    private static List<SeenProcess> notEnded(Collection<SeenProcess> processes) throws IOException {
        List<SeenProcess> left = new ArrayList<>();
        for (SeenProcess process : processes) {
            if (!process.ended()) {
                left.add(process);
            }
        }
        return left;
    }

    /** Which processes are looked for. */
    private interface Kind {
        boolean holds(Path process) throws IOException;
    }

    private static List<SeenProcess> matching(Kind kind) throws IOException {
        long self = ProcessHandle.current().pid();
        List<SeenProcess> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (pid(process) != self && holdsNow(kind, process)) {
                    SeenProcess.of(pid(process)).ifPresent(found::add);
                }
            }
        } catch (DirectoryIteratorException failed) {
            throw failed.getCause();
        }
        return found;
    }

    private static boolean holdsNow(Kind kind, Path process) throws IOException {
        try {
            return kind.holds(process);
        } catch (NoSuchFileException | AccessDeniedException endedOrForeign) {
            return false;
        } catch (IOException failed) {
            if (Files.exists(process)) {
                throw failed;
            }
            return false;
        }
    }

    private static boolean worksIn(Path process, Path directory) throws IOException {
        return Files.readSymbolicLink(process.resolve("cwd")).equals(directory);
    }

    /** By the program's name in the process table: the path of the program cannot be read any more once the process ends. */
    private static boolean isServer(Path process) throws IOException {
        return SERVERS.contains(Files.readString(process.resolve("comm"), StandardCharsets.ISO_8859_1)
                .strip());
    }

    private static boolean isExiting(Path process) throws IOException {
        Optional<SeenProcess> seen = SeenProcess.of(pid(process));
        return seen.isPresent() && seen.get().exiting();
    }

    private static long pid(Path process) {
        return Long.parseLong(String.valueOf(process.getFileName()));
    }

    /**
     * Kills them until none is left.
     *
     * <p>Not for a server whose guard lives: {@link GuardClient#kill} is.
     *
     * @return how many were found
     * @throws IOException when some are left after this time, naming them
     */
    public static int kill(Path directory, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        Path real = directory.toRealPath();
        Set<SeenProcess> seen = new LinkedHashSet<>();
        List<SeenProcess> working = processesIn(directory);
        while (!working.isEmpty() && System.nanoTime() - end < 0) {
            seen.addAll(working);
            for (SeenProcess process : working) {
                // Looked at again just before: the number may belong to another process by now.
                if (holdsNow(entry -> worksIn(entry, real), PROC.resolve(Long.toString(process.pid())))) {
                    ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            working = processesIn(directory);
        }
        List<SeenProcess> left = awaitEnd(seen, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        if (!left.isEmpty()) {
            throw new IOException("Processes " + left + " still work in " + directory + " after " + patience
                    + " of being killed: they hang in the kernel, or belong to another user");
        }
        awaitEnd(leaving(directory), Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        return seen.size();
    }
}
