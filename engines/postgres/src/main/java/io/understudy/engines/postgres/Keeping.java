package io.understudy.engines.postgres;

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

/** Keeps diverged data beside the data directory, measures what it holds, and opens it for reading. */
final class Keeping {

    /** Above this much kept data the operator is told; nothing is deleted. */
    static final long LIMIT_BYTES = 20L << 30;

    private static final Duration REPLAY_PATIENCE = Duration.ofSeconds(30);

    private final Node node;
    private final QuarantineStore store;

    Keeping(Node node) throws IOException {
        this.node = node;
        this.store = QuarantineStore.at(
                node.data().resolveSibling(node.data().getFileName() + ".quarantine"),
                LIMIT_BYTES,
                InstantSource.system());
    }

    /** Moves the data aside; its place is empty afterwards. What it holds is measured where the fork is known. */
    void keep(Action.Quarantine action) throws IOException, EngineException, InterruptedException {
        if (!node.guard.status().server().absent()) {
            throw new EngineException("A living server's data is not moved away: found "
                    + node.guard.status().server() + ", expected none. Kill the server first.");
        }
        List<TimelineStart> own = node.state.lineage();
        Epoch tail = own.isEmpty() ? Epoch.NONE : own.getLast().epoch();
        KeptCopy kept = store.keep(
                node.data(), new Divergence(action.reason(), tail, action.fork().orElse(null)));
        node.state.lineage(List.of());
        node.state.highest(Position.START);
        node.state.role(NodeFiles.Role.FRESH);
        if (action.fork().isPresent()) {
            measure(kept);
        }
    }

    List<Quarantined> list() {
        try {
            return store.list().stream()
                    .map(KeptCopy::summary)
                    .sorted(Comparator.comparing(Quarantined::keptAt).reversed())
                    .toList();
        } catch (IOException unreadable) {
            throw new java.io.UncheckedIOException(
                    "The quarantine beside " + node.data() + " cannot be read. Check the disk.", unreadable);
        }
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

    void drop(String id) throws EngineException {
        try {
            store.drop(id);
        } catch (IOException failed) {
            throw new EngineException("The kept copy " + id + " could not be dropped: " + failed.getMessage(), failed);
        }
    }

    /** The data is safe already; a measurement that fails leaves the receipt empty and says why. */
    private void measure(KeptCopy kept) throws IOException, InterruptedException {
        try (OpenedCopy opened = open(kept.id())) {
            store.record(kept.id(), opened.measure());
        } catch (EngineException failed) {
            node.journal.failed("Measure", node.state.promised(), String.valueOf(failed.getMessage()));
        }
    }
}
