package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.engines.EngineException;
import io.understudy.engines.Quarantined;
import io.understudy.engines.postgres.quarantine.Divergence;
import io.understudy.engines.postgres.quarantine.KeptCopy;
import io.understudy.engines.postgres.quarantine.OpenedCopy;
import io.understudy.engines.postgres.quarantine.PlainKeptServer;
import io.understudy.engines.postgres.quarantine.QuarantineStore;
import java.io.IOException;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps diverged data beside the data directory, measures what it holds, and opens it for reading. */
final class Keeping {

    private static final Logger log = LoggerFactory.getLogger(Keeping.class);

    /** Above this much kept data the operator is told; nothing is deleted. */
    static final long LIMIT_BYTES = 20L << 30;

    /** Between two looks at what was not measured; doubled with each up to the longest. */
    private static final Duration FIRST_MEASURE_AGAIN = Duration.ofMinutes(1);

    private static final Duration LONGEST_MEASURE_AGAIN = Duration.ofHours(1);

    private static final Duration ORPHAN_PATIENCE = Duration.ofSeconds(3);
    private static final Duration REPLAY_PATIENCE = Duration.ofSeconds(30);

    private final Node node;
    private final Processes processes;
    private final QuarantineStore store;
    private final Rewinding rewinding;
    private Optional<Thread> measuring = Optional.empty();
    private Duration measureAgain = FIRST_MEASURE_AGAIN;
    private long measuredNanos = System.nanoTime() - FIRST_MEASURE_AGAIN.toNanos();
    private volatile List<Quarantined> listed = List.of();

    /** Copies shown to an operator; they end with this process. Opened and closed by the API's threads. */
    private final Map<String, OpenedCopy> shown = new ConcurrentHashMap<>();

    Keeping(Node node, Processes processes) throws IOException {
        this.node = node;
        this.processes = processes;
        this.store = QuarantineStore.at(
                node.data().resolveSibling(node.data().getFileName() + ".quarantine"),
                LIMIT_BYTES,
                InstantSource.system());
        this.rewinding = new Rewinding(node, store);
    }

    Rewinding rewinding() {
        return rewinding;
    }

    /**
     * Ends the server, which only the look at its log had started, and moves the data aside; its place is empty afterwards.
     * What it holds is measured where the fork is known.
     */
    void keep(Action.Quarantine action) throws IOException, EngineException, InterruptedException {
        processes.kill();
        List<TimelineStart> own = action.own().isEmpty() ? node.state.lineage() : action.own();
        Epoch tail = own.isEmpty() ? Epoch.NONE : own.getLast().epoch();
        KeptCopy kept = store.keep(
                node.data(), new Divergence(action.reason(), tail, action.fork().orElse(null)));
        node.state.lineage(List.of());
        node.state.highest(Position.START);
        node.state.role(NodeFiles.Role.FRESH);
        measureAgain = FIRST_MEASURE_AGAIN;
        if (action.fork().isPresent()) {
            measure(kept);
            rewinding.propose(kept, own, action.lineage());
        }
    }

    /**
     * Stops what an agent that was killed had opened for an operator: nobody knows any more where it listens, and the copy
     * could be neither opened again nor dropped. What it had at work on a second copy ends too.
     */
    void endOrphans() throws InterruptedException {
        try {
            for (KeptCopy copy : store.list()) {
                if (Leftovers.stop(copy.data(), ORPHAN_PATIENCE)) {
                    node.journal.noted(
                            "EndedKeptServer",
                            node.state.promised(),
                            "a server of the kept copy " + copy.id() + " that an earlier agent had opened was stopped");
                }
            }
        } catch (IOException unreadable) {
            // Must not keep the supervised server from being looked after.
            log.warn("A server of a kept copy beside {} may be left.", node.data(), unreadable);
        }
        try {
            rewinding.endOrphans();
        } catch (IOException left) {
            // Looked for again before that copy is removed.
            log.warn("A rewind beside {} may be left.", node.data(), left);
        }
    }

    /** What was listed last when it cannot be read now: a description that cannot be read must not stop supervision. */
    List<Quarantined> list() {
        try {
            listed = store.list().stream()
                    .map(KeptCopy::summary)
                    .sorted(Comparator.comparing(Quarantined::keptAt).reversed())
                    .toList();
        } catch (IOException unreadable) {
            log.warn("The quarantine beside {} cannot be read. Check the disk.", node.data(), unreadable);
        }
        return listed;
    }

    OpenedCopy open(String id) throws EngineException, InterruptedException {
        return OpenedCopy.open(
                store,
                id,
                node.installation.bin(),
                PlainKeptServer.starter(node.user.running(List.of())),
                (host, port) -> DriverManager.getConnection(
                        "jdbc:postgresql://" + host + ":" + port + "/postgres?sslmode=disable&connectTimeout=2",
                        Roles.SUPERVISOR,
                        node.roles.passwordOf(Roles.SUPERVISOR)),
                REPLAY_PATIENCE);
    }

    /** Opens a copy until {@link #hide}, or tells where it is open already. */
    synchronized Endpoint show(String id) throws EngineException, InterruptedException {
        OpenedCopy open = shown.get(id);
        if (open == null) {
            open = open(id);
            shown.put(id, open);
        }
        return new Endpoint(OpenedCopy.HOST, open.port());
    }

    synchronized void hide(String id) throws EngineException {
        OpenedCopy open = shown.remove(id);
        if (open != null) {
            try {
                open.close();
            } catch (IOException failed) {
                throw new EngineException(
                        "The server of the kept copy " + id + " did not stop: " + failed.getMessage(), failed);
            }
        }
    }

    /** Hides whatever is shown; one that does not stop is left and told of. */
    private synchronized void hideAll() {
        for (String id : List.copyOf(shown.keySet())) {
            try {
                hide(id);
            } catch (EngineException failed) {
                log.warn("Left running: {}", failed.getMessage());
            }
        }
    }

    synchronized void drop(String id) throws EngineException {
        hide(id);
        try {
            store.drop(id);
        } catch (IOException failed) {
            throw new EngineException("The kept copy " + id + " could not be dropped: " + failed.getMessage(), failed);
        }
    }

    /**
     * Measures what could not be measured when it was kept, one copy at a time, beside the engine's thread and only now and
     * then: it starts a server.
     */
    void measureMissing() {
        long now = System.nanoTime();
        if (measuring.filter(Thread::isAlive).isPresent() || now - measuredNanos < measureAgain.toNanos()) {
            return;
        }
        measuredNanos = now;
        measureAgain = measureAgain.compareTo(LONGEST_MEASURE_AGAIN) < 0 ? measureAgain.multipliedBy(2) : measureAgain;
        try {
            Optional<KeptCopy> missing = store.list().stream()
                    .filter(copy -> copy.state() == KeptCopy.State.KEPT
                            && copy.receipt().isEmpty()
                            && copy.divergence().fork() != null)
                    .findFirst();
            measuring = missing.map(
                    copy -> Thread.ofVirtual().name("measure-kept-copy").start(() -> measureAgain(copy)));
        } catch (IOException unreadable) {
            log.warn("The quarantine beside {} cannot be read. Check the disk.", node.data(), unreadable);
        }
    }

    private synchronized void measureAgain(KeptCopy copy) {
        try {
            if (!shown.containsKey(copy.id()) && store.find(copy.id()).isPresent()) {
                measure(copy);
            }
        } catch (IOException failed) {
            log.warn("The kept copy {} could not be measured: {}", copy.id(), failed.getMessage());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends what goes on beside the engine's thread. */
    void close() {
        measuring.ifPresent(Thread::interrupt);
        hideAll();
    }

    /** The data is safe already; a measurement that fails leaves the receipt empty and says why. */
    private void measure(KeptCopy kept) throws IOException, InterruptedException {
        try (OpenedCopy opened = open(kept.id())) {
            store.record(kept.id(), opened.measure());
            node.journal.noted("Measured", node.state.promised(), "the kept copy " + kept.id());
        } catch (EngineException failed) {
            node.journal.failed("Measure", node.state.promised(), String.valueOf(failed.getMessage()));
        }
    }
}
