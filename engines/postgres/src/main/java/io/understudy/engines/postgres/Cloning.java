package io.understudy.engines.postgres;

import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.engines.postgres.replication.BaseBackup;
import io.understudy.engines.postgres.replication.CloneListener;
import io.understudy.engines.postgres.replication.ExpectedSource;
import io.understudy.engines.postgres.replication.FileOwner;
import io.understudy.engines.postgres.replication.Password;
import io.understudy.engines.postgres.replication.ReplicationException;
import io.understudy.engines.postgres.replication.ReplicationSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fills an empty data directory with a copy of the primary's. The copy carries the primary's nonce until it got its own, so
 * before anything is copied a note says what the copy will be; whatever interrupts, {@link #finish} makes it that.
 */
final class Cloning {

    private static final String NOTE = "clone-under-way";

    private final Node node;
    private final Rewinding rewinding;
    private final CloneListener listener;

    Cloning(Node node, Rewinding rewinding, CloneListener listener) {
        this.node = node;
        this.rewinding = rewinding;
        this.listener = listener;
    }

    /** Fills the directory: with what was just kept, rewound, where that is possible, else with a copy of everything. */
    void copy(Action.Clone clone) throws IOException, EngineException, InterruptedException {
        Following.requirePromise(node, clone.epoch());
        node.state.promise(clone.epoch());
        Files.createDirectories(Trees.parentOf(node.data()));
        Trees.delete(BaseBackup.partialOf(node.data()));
        DurableFiles.write(note(), Node.newIncarnation().nonce() + "\n");
        node.state.lineage(List.of());
        node.state.role(NodeFiles.Role.FRESH);
        if (!rewinding.attempt(clone)) {
            copyEverything(clone);
            rewinding.forget();
        }
        finish();
        node.state.lineage(upTo(ControlFile.read(node.data()).timeline(), clone.lineage()));
    }

    private void copyEverything(Action.Clone clone) throws IOException, EngineException {
        try {
            BaseBackup.from(source(clone))
                    .labelled("understudy clone for " + node.self())
                    .ownedBy(owner())
                    .expecting(ExpectedSource.version(node.installation.major()))
                    .reportingTo(listener)
                    .into(node.data());
        } catch (ReplicationException failed) {
            throw new EngineException(
                    "Cloning from " + clone.primary() + " at " + clone.endpoint() + " failed: " + failed.getMessage(),
                    failed);
        }
    }

    /** Gives a finished copy its own life; does nothing where none is. */
    void finish() throws IOException {
        if (!Files.exists(note())) {
            return;
        }
        if (Files.exists(node.data().resolve("PG_VERSION"))) {
            node.files.writeIncarnation(
                    node.data(), new Incarnation(Files.readString(note()).strip()));
            node.files.writeCluster(node.data(), node.roles.clusterIdentity());
            node.files.restAsReplica(node.data());
            node.state.highest(Position.START);
        }
        Files.delete(note());
        DurableFiles.syncDirectory(node.settings.stateDirectory());
    }

    private ReplicationSource source(Action.Clone clone) {
        return ReplicationSource.of(clone.endpoint().host(), clone.endpoint().port(), Roles.CLONE)
                .withPassword(Password.of(node.roles.passwordOf(Roles.CLONE)))
                .withApplicationName(Roles.cloneNameOf(node.self()));
    }

    private FileOwner owner() throws IOException {
        if (!node.user.switched()) {
            return FileOwner.PROCESS;
        }
        Path sample = Files.createTempFile(node.settings.stateDirectory(), "owner", "");
        try {
            node.user.own(sample);
            return FileOwner.like(sample);
        } finally {
            Files.delete(sample);
        }
    }

    /** The ledger's lineage as far as the copy's own log goes. */
    private static List<TimelineStart> upTo(TimelineId own, List<TimelineStart> lineage) {
        return lineage.stream()
                .filter(start -> start.timeline().compareTo(own) <= 0)
                .toList();
    }

    private Path note() {
        return node.settings.stateDirectory().resolve(NOTE);
    }
}
