package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.StorageWitness.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether a storage directory is what this node last took part with. A peer that forgot a vote or an entry it
 * acknowledged must never speak under its former name: a majority could then be counted that has forgotten too.
 *
 * <p>The incarnation and the number of starts are kept twice, in the storage and outside of it. A start compares both and
 * then raises them, in this order, each step on disk before the next: the outside as {@link Phase#raising}, the inside, the
 * outside as {@link Phase#settled}; only then the peer takes part. So a crash in between leaves the inside at most one start
 * behind an outside that is {@code raising}, and nothing was promised since the two were found equal. Every other difference
 * means that one of them was emptied or comes from a copy.
 *
 * <p>Not seen: a copy made since the last start, and inside and outside restored together from one older image.
 */
final class StorageLife {
    private static final Logger log = LoggerFactory.getLogger(StorageLife.class);

    /** What a start goes on with. */
    sealed interface Start {
        StorageIdentity identity();

        /** The peer that this storage was before. */
        record GoesOn(StorageIdentity identity) implements Start {}

        /** Nothing is known of an earlier life here; the other nodes may know of one. */
        record First(StorageIdentity identity) implements Start {}

        /** The former life is over; the node may only join as a new member. */
        record Anew(StorageIdentity identity, String because) implements Start {}
    }

    private StorageLife() {}

    /**
     * Compares the storage with what is known outside of it; changes nothing.
     *
     * @throws RaftStorageRefused if the storage is of another cluster, node or set of peers, or is damaged
     */
    static Start inspect(RaftSettings settings) throws IOException {
        Optional<StorageIdentity> inside = StorageIdentity.read(settings);
        Optional<StorageWitness> outside = StorageWitness.read(settings.witness());
        StorageIdentity fresh = StorageIdentity.fresh(settings);
        Start start = judge(inside, outside, fresh);
        return start instanceof Start.GoesOn && !LocalPeer.isFormatted(settings)
                ? new Start.Anew(
                        fresh.asLaterLife(), "its log " + RatisProperties.groupDirectory(settings) + " is gone")
                : start;
    }

    static Start judge(Optional<StorageIdentity> inside, Optional<StorageWitness> outside, StorageIdentity fresh) {
        if (inside.isEmpty()) {
            return outside.isEmpty()
                    ? new Start.First(fresh)
                    : new Start.Anew(fresh.asLaterLife(), "it is empty; " + expected(outside.get()));
        }
        StorageIdentity found = inside.get();
        if (found.isForming()) {
            if (outside.isPresent() && !isFirstStartOf(found, outside.get())) {
                return new Start.Anew(fresh.asLaterLife(), describe(found) + "; " + expected(outside.get()));
            }
            return PeerNames.isLater(found.peer())
                    ? new Start.Anew(found, "joining again was interrupted")
                    : new Start.First(found);
        }
        if (outside.isEmpty()) {
            return new Start.Anew(
                    fresh.asLaterLife(),
                    describe(found)
                            + "; the record of its life outside of it is gone, so nobody can tell how old it is");
        }
        return sameLife(found, outside.get()) && sameStart(found, outside.get())
                ? new Start.GoesOn(found)
                : new Start.Anew(fresh.asLaterLife(), describe(found) + "; " + expected(outside.get()));
    }

    private static boolean sameLife(StorageIdentity inside, StorageWitness outside) {
        return inside.incarnation().equals(outside.incarnation());
    }

    /** A storage found as it was before its first start: whether that start was never completed. */
    private static boolean isFirstStartOf(StorageIdentity forming, StorageWitness outside) {
        return sameLife(forming, outside) && outside.phase() == Phase.raising && outside.starts() == 1;
    }

    private static boolean sameStart(StorageIdentity inside, StorageWitness outside) {
        return inside.starts() == outside.starts()
                || outside.phase() == Phase.raising && inside.starts() == outside.starts() - 1;
    }

    private static String describe(StorageIdentity found) {
        return "it is of life " + found.incarnation() + ", " + found.state() + ", start " + found.starts();
    }

    private static String expected(StorageWitness outside) {
        return "this node last took part with life " + outside.incarnation() + ", start " + outside.starts() + " ("
                + outside.phase() + ")";
    }

    /** Counts a start, inside and outside; the peer may take part when this returns. */
    static StorageIdentity raise(RaftSettings settings, StorageIdentity identity) throws IOException {
        StorageIdentity raised = identity.ready(identity.starts() + 1);
        new StorageWitness(raised.incarnation(), raised.starts(), Phase.raising).write(settings.witness());
        raised.write(settings.storage());
        new StorageWitness(raised.incarnation(), raised.starts(), Phase.settled).write(settings.witness());
        return raised;
    }

    /** Makes room for a new life: what there is of the former one is kept, what was kept before goes. */
    static void moveAside(RaftSettings settings) throws IOException {
        Path former = RatisProperties.groupDirectory(settings);
        Path identity = settings.storage().resolve(StorageIdentity.FILE);
        Optional<StorageIdentity> owner = StorageIdentity.read(settings);
        if (!Files.isDirectory(former) || owner.isEmpty() || owner.get().isForming()) {
            // What took part in nothing is formatted over.
            return;
        }
        Path kept = settings.storage().resolve(StorageIdentity.FORMER);
        Directories.deleteTree(kept);
        Files.createDirectories(kept);
        Files.copy(identity, kept.resolve(StorageIdentity.FILE));
        Files.move(former, kept.resolve(former.getFileName()), StandardCopyOption.ATOMIC_MOVE);
        log.warn("What Raft storage {} held is kept in {}; nothing reads it", settings.storage(), kept);
    }
}
