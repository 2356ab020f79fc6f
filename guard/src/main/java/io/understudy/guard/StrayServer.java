package io.understudy.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes a server left behind when its guard was itself killed. The kernel then kills the postmaster (PR_SET_PDEATHSIG), but busy backends
 * run on and go on acknowledging. They are known by their working directory, which for every process of PostgreSQL is the data directory. Needs no
 * guard: it is what an agent does when its guard is gone, before anything else.
 */
public final class StrayServer {
    private static final Duration PAUSE = Duration.ofMillis(1);

    private StrayServer() {}

    /**
     * The processes whose working directory this is; empty when none is. Dead ones count no more, those of other users only for root.
     *
     * @throws IOException when the directory does not exist
     */
    public static List<Long> processesIn(Path directory) throws IOException {
        Path real = directory.toRealPath();
        long self = ProcessHandle.current().pid();
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != self && worksIn(pid, real))
                .toList();
    }

    private static boolean worksIn(long pid, Path directory) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "cwd"))
                    .equals(directory);
        } catch (IOException endedOrForeign) {
            return false;
        }
    }

    /**
     * Kills them until none is left. Not for a server whose guard lives: {@link GuardClient#kill} is.
     *
     * @return how many were found
     * @throws IOException when some are left after this time, naming them
     */
    public static int kill(Path directory, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        List<Long> left = processesIn(directory);
        int found = left.size();
        Path real = directory.toRealPath();
        while (!left.isEmpty()) {
            for (long pid : left) {
                // Looked at again just before: the number may belong to another process by now.
                ProcessHandle.of(pid).filter(it -> worksIn(pid, real)).ifPresent(ProcessHandle::destroyForcibly);
            }
            if (System.nanoTime() - end >= 0) {
                throw new IOException("Processes " + left + " still work in " + directory + " after " + patience
                        + " of being killed: they hang in the kernel, or belong to another user");
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            left = processesIn(directory);
        }
        return found;
    }
}
