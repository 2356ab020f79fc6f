package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Receipt;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.DataDirectoryException;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.engines.postgres.quarantine.KeptCopy.State;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The diverged data of one node: a folder beside the data directory, on the same file system, with a folder for each kept
 * copy. Keeping is a rename, so it takes no space and no time and there is never half a copy; each step is on disk before
 * the next, and {@link #at} finishes or takes back what a crash left. Nothing is ever deleted but by {@link #drop}.
 *
 * <p>Used by one thread, the agent's loop. A restart loses nothing.
 */
public final class QuarantineStore {

    /** Steps after which a crash must leave something that {@link #at} can finish or take back. */
    enum Step {
        INTENT_WRITTEN,
        RENAMED,
        KEPT,
        DROP_MARKED,
        DATA_DELETED
    }

    /** More bytes are kept than allowed. Data is kept nevertheless; an operator must look and drop. */
    public record OverLimit(long bytes, long limitBytes) {}

    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final int MAX_ID_TRIES = 1000;

    private final Path folder;
    private final long limitBytes;
    private final InstantSource clock;
    private final Consumer<Step> after;

    QuarantineStore(Path folder, long limitBytes, InstantSource clock, Consumer<Step> after) {
        this.folder = folder.toAbsolutePath();
        this.limitBytes = limitBytes;
        this.clock = clock;
        this.after = after;
    }

    /**
     * The store in {@code folder}, which need not exist yet. Finishes or takes back what a crash interrupted.
     *
     * @param limitBytes above this {@link #overLimit} speaks up
     * @throws DataDirectoryException when a description there cannot be understood
     */
    public static QuarantineStore at(Path folder, long limitBytes, InstantSource clock) throws IOException {
        QuarantineStore store = new QuarantineStore(folder, limitBytes, clock, step -> {});
        store.recover();
        return store;
    }

    void recover() throws IOException {
        for (Path each : folders()) {
            if (KeptCopyFile.isIn(each)) {
                recover(each, KeptCopyFile.read(each));
            } else if (!Files.exists(KeptCopyFile.data(each))) {
                // A crash between making the folder and writing the intent: nothing happened yet.
                deleteTree(each);
            }
        }
    }

    private void recover(Path each, KeptCopy copy) throws IOException {
        switch (copy.state()) {
            case KEEPING -> {
                if (Files.exists(copy.data())) {
                    finishKeeping(each, copy);
                } else if (Files.exists(copy.source())) {
                    deleteTree(each);
                } else {
                    KeptCopyFile.write(each, copy.in(State.MISSING));
                }
            }
            case DROPPING -> deleteTree(each);
            case KEPT -> {
                if (!Files.exists(copy.data())) {
                    KeptCopyFile.write(each, copy.in(State.MISSING));
                }
            }
            case MISSING -> {}
        }
    }

    /**
     * Keeps the data of a stopped server by moving the directory here; its place is free afterwards. A {@code pg_wal} that
     * is a link goes on pointing where it does.
     *
     * @throws DataDirectoryException when a process still uses the data, when it has tablespaces (they lie elsewhere and
     *     the next clone would overwrite them), or when it cannot be renamed into this folder; nothing was changed then
     */
    public KeptCopy keep(Path dataDirectory, Divergence divergence) throws IOException {
        Path source = dataDirectory.toRealPath();
        ControlFile.read(source);
        requireUnused(source);
        requireNoTablespaces(source);
        DataOwner owner = DataOwner.of(source);
        owner.createFolder(folder);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Path each = newFolder(now, divergence);
        owner.createFolder(each);
        KeptCopy copy = new KeptCopy(
                String.valueOf(each.getFileName()),
                KeptCopyFile.data(each),
                source,
                now,
                State.KEEPING,
                divergence,
                0,
                null);
        KeptCopyFile.write(each, copy);
        DurableFiles.syncDirectory(folder);
        after.accept(Step.INTENT_WRITTEN);
        rename(source, copy.data(), each);
        after.accept(Step.RENAMED);
        return finishKeeping(each, copy);
    }

    private KeptCopy finishKeeping(Path each, KeptCopy copy) throws IOException {
        DurableFiles.syncDirectory(each);
        Path parent = DurableFiles.folderOf(copy.source());
        if (Files.isDirectory(parent)) {
            DurableFiles.syncDirectory(parent);
        }
        KeptCopy kept = copy.sized(sizeOf(copy.data())).in(State.KEPT);
        KeptCopyFile.write(each, kept);
        after.accept(Step.KEPT);
        return kept;
    }

    private void rename(Path source, Path target, Path each) throws IOException {
        try {
            Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            deleteTree(each);
            String cause = e instanceof AtomicMoveNotSupportedException
                    ? "it is on another file system"
                    : String.valueOf(e.getReason());
            throw new DataDirectoryException(
                    source + " could not be renamed to " + target + ": " + cause
                            + "; expected both on one file system and the data directory not to be a mount point:"
                            + " move the data one folder below the mount",
                    e);
        }
    }

    private Path newFolder(Instant now, Divergence divergence) {
        String id = ID.format(now) + "-epoch" + divergence.epoch();
        for (int i = 0; i < MAX_ID_TRIES; i++) {
            Path candidate = folder.resolve(i == 0 ? id : id + "-" + i);
            if (!Files.exists(candidate)) {
                return candidate;
            }
        }
        throw new IllegalStateException("More than " + MAX_ID_TRIES + " kept copies named " + id + " in " + folder);
    }

    /** What is kept, newest first; unfinished and missing copies too. */
    public List<KeptCopy> list() throws IOException {
        List<KeptCopy> copies = new ArrayList<>();
        for (Path each : folders()) {
            if (KeptCopyFile.isIn(each)) {
                copies.add(KeptCopyFile.read(each));
            }
        }
        copies.sort(Comparator.comparing(KeptCopy::keptAt)
                .thenComparing(KeptCopy::id)
                .reversed());
        return copies;
    }

    /** The copy named so. */
    public Optional<KeptCopy> find(String id) throws IOException {
        return list().stream().filter(copy -> copy.id().equals(id)).findFirst();
    }

    /**
     * Deletes a copy for good. A crash in the middle is finished by {@link #at}.
     *
     * @throws DataDirectoryException when there is no such copy, or a server runs on it
     */
    public void drop(String id) throws IOException {
        KeptCopy copy = require(id);
        if (Files.exists(copy.data())) {
            requireUnused(copy.data());
        }
        Path each = folder.resolve(copy.id());
        KeptCopyFile.write(each, copy.in(State.DROPPING));
        after.accept(Step.DROP_MARKED);
        deleteTree(copy.data());
        after.accept(Step.DATA_DELETED);
        deleteTree(each);
        DurableFiles.syncDirectory(folder);
    }

    /** Stores what a copy was found to hold. */
    public KeptCopy record(String id, Receipt receipt) throws IOException {
        KeptCopy measured = require(id).with(receipt);
        KeptCopyFile.write(folder.resolve(id), measured);
        return measured;
    }

    /** Present while more is kept than allowed: show it loudly, nothing is dropped by itself. */
    public Optional<OverLimit> overLimit() throws IOException {
        long bytes = list().stream().mapToLong(KeptCopy::bytes).sum();
        return bytes > limitBytes ? Optional.of(new OverLimit(bytes, limitBytes)) : Optional.empty();
    }

    KeptCopy require(String id) throws IOException {
        Optional<KeptCopy> copy = find(id);
        if (copy.isEmpty()) {
            throw new DataDirectoryException("There is no kept copy " + id + " in " + folder + ", found "
                    + list().stream().map(KeptCopy::id).toList() + "; give one of these");
        }
        return copy.get();
    }

    private List<Path> folders() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static void requireUnused(Path data) throws IOException {
        List<Long> users = DataUsers.of(data);
        if (!users.isEmpty()) {
            throw new DataDirectoryException(data + " is used by the processes " + users
                    + ", expected a stopped server with none left; stop it first");
        }
    }

    private static void requireNoTablespaces(Path source) throws IOException {
        Path spaces = source.resolve("pg_tblspc");
        if (Files.isDirectory(spaces)) {
            try (Stream<Path> links = Files.list(spaces)) {
                List<Path> found = links.toList();
                if (!found.isEmpty()) {
                    throw new DataDirectoryException(source + " has tablespaces outside of it: " + found
                            + ", expected none: the next clone would overwrite them; move it away by hand with"
                            + " its tablespaces");
                }
            }
        }
    }

    private static long sizeOf(Path data) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file)) {
                    bytes += Files.size(file);
                }
            }
        }
        return bytes;
    }

    static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
