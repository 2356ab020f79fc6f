package io.understudy.coordination.ratis;

import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings this node's Raft server up as the peer that its storage entitles it to be: the one it was, one of those that form
 * the group, or a new member.
 *
 * <p>Any thread may call. What has to wait for other nodes is done on a thread of its own; until then there is no server.
 */
final class PeerLaunch implements AutoCloseable {
    /** What this class needs of the node around it. */
    interface Surroundings {
        /** The Raft term that a peer is in. */
        CompletableFuture<Long> termOf(String peer);

        void cannotGoOn(String reason);
    }

    private static final Logger log = LoggerFactory.getLogger(PeerLaunch.class);

    private final RaftSettings settings;
    private final RatisMachine machine;
    private final PeerLink link;
    private final ExecutorService tasks;
    private final Surroundings node;
    private final LifeProbe probe;

    /** Held while the server is launched, so that nothing is launched behind {@link #close}. */
    private final ReentrantLock launching = new ReentrantLock();

    private volatile StorageIdentity identity;
    private volatile @Nullable LocalPeer local;
    private volatile @Nullable QuorumRounds rounds;
    private volatile @Nullable AutoCloseable waitingDoor;
    private volatile boolean started;
    private volatile boolean closing;

    /** @param identity of the storage, as {@link StorageLife} found it */
    PeerLaunch(
            RaftSettings settings,
            StorageIdentity identity,
            RatisMachine machine,
            PeerLink link,
            ExecutorService tasks,
            Surroundings node) {
        this.settings = settings;
        this.identity = identity;
        this.machine = machine;
        this.link = link;
        this.tasks = tasks;
        this.node = node;
        this.probe = new LifeProbe(settings);
    }

    void begin(StorageLife.Start start) throws IOException {
        switch (start) {
            case StorageLife.Start.GoesOn goesOn -> launch(goesOn.identity());
            case StorageLife.Start.Anew anew -> join(anew.identity(), anew.because());
            case StorageLife.Start.First first -> first(first.identity());
        }
    }

    private void first(StorageIdentity first) throws IOException {
        first.write(settings.storage());
        if (settings.others().isEmpty()) {
            form(first, Map.of(settings.self(), first.incarnation()));
            return;
        }
        AutoCloseable door = LifeService.listen(settings.own(), () -> LifeAnswer.of(first));
        waitingDoor = door;
        tasks.execute(() -> {
            try {
                FirstStart.Finding finding = new FirstStart(first, probe).await();
                closeDoor(door);
                switch (finding) {
                    case FirstStart.Finding.Forms forms -> form(first, forms.lives());
                    case FirstStart.Finding.Joins joins -> join(first.asLaterLife(), joins.because());
                    case FirstStart.Finding.Open open -> throw new IllegalStateException("Nothing was found: " + open);
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            } catch (IOException | RuntimeException failure) {
                log.error("Raft peer {} could not be started", settings.own(), failure);
                node.cannotGoOn("it could not be started: " + failure);
            }
        });
    }

    private void closeDoor(AutoCloseable door) {
        try {
            door.close();
        } catch (Exception failure) {
            log.warn("The answers about the storage of {} did not end: {}", settings.own(), failure.toString());
        }
    }

    private void form(StorageIdentity first, Map<String, String> lives) throws IOException {
        log.info("Node {} forms the ledger of cluster {} with {}", settings.self(), settings.cluster(), lives.keySet());
        LocalPeer.format(settings);
        launch(first.formedWith(lives));
    }

    private void join(StorageIdentity later, String because) throws IOException {
        if (settings.others().isEmpty()) {
            throw new RaftStorageRefused("Raft storage " + settings.storage() + " of node " + settings.self()
                    + " is not what this node last took part with: " + because
                    + "; no other node has the ledger; next step: restore the newest copy of the storage and of "
                    + settings.witness() + ", or remove both to start a new, empty ledger");
        }
        log.warn(
                "Raft storage {} of node {} is not what this node last took part with: {}. It votes no more as that peer"
                        + " and asks the others to take it in as {}",
                settings.storage(),
                settings.self(),
                because,
                later.peer());
        StorageLife.moveAside(settings);
        later.write(settings.storage());
        LocalPeer.format(settings);
        launch(later);
    }

    private void launch(StorageIdentity found) throws IOException {
        launching.lock();
        try {
            if (closing) {
                return;
            }
            LocalPeer built = LocalPeer.build(settings, found, machine, this::answer);
            local = built;
            identity = StorageLife.raise(settings, found);
            rounds = new QuorumRounds(
                    built.name(),
                    built::voters,
                    settings.timings().electionMax(),
                    settings.timings().patience(),
                    node::termOf,
                    tasks);
            built.start();
            started = true;
            if (PeerNames.isLater(built.name())) {
                tasks.execute(() -> untilMember(built));
            }
        } finally {
            launching.unlock();
        }
        log.info(
                "Raft peer {} at {} of cluster {} started, storage incarnation {}, start {}",
                identity.peer(),
                settings.own(),
                settings.cluster(),
                identity.incarnation(),
                identity.starts());
    }

    private void untilMember(LocalPeer built) {
        try {
            new Rejoining(settings, built, link, probe).untilMember();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failure) {
            log.error("Raft peer {} could not ask to be taken in", built.name(), failure);
            node.cannotGoOn("it could not ask to be taken in: " + failure);
        }
    }

    private LifeAnswer answer() {
        LocalPeer peer = local;
        return peer == null || !started ? LifeAnswer.of(identity) : peer.answer(identity);
    }

    /** The server that takes part; empty while none does. */
    Optional<LocalPeer> running() {
        return started ? Optional.ofNullable(local) : Optional.empty();
    }

    /** The server, which may be starting yet: asked by itself only. */
    LocalPeer built() {
        return Objects.requireNonNull(local, "asked before the peer was built");
    }

    /** Begins the round that waits for somebody, if there is one. */
    void hurryRounds() {
        QuorumRounds known = rounds;
        if (known != null) {
            known.hurry();
        }
    }

    QuorumRounds rounds() {
        return Objects.requireNonNull(rounds, "asked before the peer was built");
    }

    StorageIdentity identity() {
        return identity;
    }

    /** Nothing is launched any more afterwards. */
    @Override
    public void close() {
        closing = true;
        AutoCloseable door = waitingDoor;
        if (door != null) {
            closeDoor(door);
        }
        launching.lock();
        try {
            LocalPeer peer = local;
            if (peer != null) {
                peer.close();
            }
        } catch (IOException failure) {
            log.warn("Raft server of {} did not close: {}", settings.own(), failure.toString());
        } finally {
            launching.unlock();
        }
    }
}
