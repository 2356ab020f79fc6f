package io.understudy.cli.node;

import io.understudy.router.topology.AgentTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** A router that runs alone, from a configuration file. */
public final class RouterRun {

    private static final Logger log = LoggerFactory.getLogger(RouterRun.class);

    private final Path file;
    private final RouterLaunch router;
    private RouterFile current;

    private RouterRun(Path file, RouterFile current, RouterLaunch router) {
        this.file = file;
        this.current = current;
        this.router = router;
    }

    /**
     * Runs until the process is told to end; SIGHUP has it read its file again.
     *
     * @param read what is in {@code file}
     * @throws IOException when it cannot start
     */
    public static void untilStopped(Path file, RouterFile read) throws IOException, InterruptedException {
        OneLineFormat.install();
        RouterLaunch router =
                RouterLaunch.start(RouterLaunch.Plan.of(read), AgentTopology.watch(read.cluster(), read.agents()));
        RouterRun run = new RouterRun(file, read, router);
        Signal.handle(new Signal("HUP"), _ -> run.reload());
        Runtime.getRuntime().addShutdownHook(new Thread(run::end, "close"));
        log.info("Router started at {}, settings from {}", read.settings().listen(), file);
        new CountDownLatch(1).await();
    }

    /** What cannot be used changes nothing. */
    private synchronized void reload() {
        try {
            RouterFile next = RouterFile.read(file);
            if (needsRestart(next)) {
                log.warn(
                        "Some of what changed in {} holds from the next start on: see docs/configuration.md for which"
                                + " keys",
                        file);
            }
            router.reload(RouterLaunch.Plan.of(next));
            current = next;
            log.info("Settings read again from {}", file);
        } catch (IOException | RuntimeException unusable) {
            log.error("The settings stay as they are: {}", unusable.getMessage());
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean needsRestart(RouterFile next) {
        return !next.settings().listen().equals(current.settings().listen())
                || !next.cluster().equals(current.cluster())
                || !next.agents().equals(current.agents())
                || !next.lookup().equals(current.lookup())
                || !next.serverTls().equals(current.serverTls());
    }

    private synchronized void end() {
        router.close(current.drain());
    }
}
