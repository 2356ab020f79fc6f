package io.understudy.cli.node;

import io.understudy.router.RouterSettings;
import io.understudy.router.admin.Setting;
import io.understudy.router.admin.Surroundings;
import io.understudy.router.topology.AgentTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** A router that runs alone, from a configuration file. */
public final class RouterRun implements Surroundings {

    private static final Logger log = LoggerFactory.getLogger(RouterRun.class);

    private final Path file;
    private final RouterLaunch router;
    private Optional<MetricsPage> metrics = Optional.empty();
    private volatile RouterFile current;

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
        router.router().surroundingsAre(run);
        run.listenForScrapes();
        Signal.handle(new Signal("HUP"), _ -> run.hungUp());
        Runtime.getRuntime().addShutdownHook(new Thread(run::end, "close"));
        log.info("Router started at {}, settings from {}", read.settings().listen(), file);
        new CountDownLatch(1).await();
    }

    private void listenForScrapes() throws IOException {
        if (current.metricsListen().isPresent()) {
            try {
                metrics = Optional.of(MetricsPage.start(current.metricsListen().get(), router.router()));
            } catch (IOException | RuntimeException unusable) {
                router.close(Duration.ZERO);
                throw unusable;
            }
        }
    }

    @Override
    public List<Setting> configuration(RouterSettings now) {
        return current.shown();
    }

    @Override
    public synchronized void reload() throws IOException, InterruptedException {
        RouterFile next = RouterFile.read(file);
        router.reload(RouterLaunch.Plan.of(next));
        if (needsRestart(next)) {
            log.warn(
                    "Some of what changed in {} holds from the next start on: see docs/configuration.md for which keys",
                    file);
        }
        current = next;
        log.info("Settings read again from {}", file);
    }

    /** What cannot be used changes nothing. */
    private void hungUp() {
        try {
            reload();
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
                || !next.metricsListen().equals(current.metricsListen())
                || !next.serverTls().equals(current.serverTls());
    }

    private synchronized void end() {
        router.close(current.drain());
        metrics.ifPresent(MetricsPage::close);
    }
}
