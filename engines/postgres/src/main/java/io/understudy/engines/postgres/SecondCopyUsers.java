package io.understudy.engines.postgres;

import io.understudy.engines.postgres.quarantine.Rewind;
import io.understudy.guard.SeenProcess;
import io.understudy.guard.StrayServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Processes at work on the copy that is being rewound, whoever started them. The rehearsing server is found by where it works,
 * as every server is; the programs, and a server that has not got there yet, by their arguments.
 */
final class SecondCopyUsers {

    private static final Duration IN_ORDER = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(1);

    private SecondCopyUsers() {}

    /**
     * Ends them, and returns when none is left.
     *
     * @return whether there was any
     * @throws IOException when some do not end, naming them
     */
    static boolean end(Path working) throws IOException, InterruptedException {
        boolean served = Leftovers.stop(working, IN_ORDER);
        boolean worked = killPrograms(working);
        // What was killed as a program may have become a server with children in between.
        return Leftovers.end(working) || served || worked;
    }

    private static boolean killPrograms(Path working) throws IOException, InterruptedException {
        Set<SeenProcess> seen = new LinkedHashSet<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (List<ProcessHandle> left = programs(working); !left.isEmpty(); left = programs(working)) {
            for (ProcessHandle program : left) {
                SeenProcess.of(program.pid()).ifPresent(seen::add);
                program.destroyForcibly();
            }
            if (System.nanoTime() - deadline > 0) {
                break;
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
        // One that is ending shows no arguments any more, but may still have files of the copy open.
        List<SeenProcess> hanging =
                StrayServer.awaitEnd(seen, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        if (!hanging.isEmpty()) {
            throw new IOException("Processes " + hanging + " that an earlier agent left at work on " + working
                    + " did not end within " + PATIENCE + " of SIGKILL. Are they waiting for a dead disk? Nothing is"
                    + " removed or made there before they have ended; it is tried again.");
        }
        return !seen.isEmpty();
    }

    private static List<ProcessHandle> programs(Path working) {
        return ProcessHandle.allProcesses()
                .filter(process -> Rewind.worksOn(
                        working, List.of(process.info().arguments().orElseGet(() -> new String[0]))))
                .toList();
    }
}
