package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Where a clone goes: a partial directory first, the target once everything is on disk. */
final class CloneDirectory {
    private final Path target;
    private final Path partial;

    CloneDirectory(Path target) {
        this.target = target.toAbsolutePath().normalize();
        this.partial = BaseBackup.partialOf(target);
    }

    Path target() {
        return target;
    }

    Path partial() {
        return partial;
    }

    /** Refuses a target that holds anything, and one that can not be renamed to. */
    void checkTarget() throws ReplicationException {
        Path parent = parent();
        if (!Files.isDirectory(parent)) {
            throw refused("its parent directory does not exist; create it first");
        }
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw refused(
                    "it is not a directory (nor a link's target: links are not followed); choose a path that is free");
        }
        try {
            String content = anyName(target);
            if (content != null) {
                throw refused(
                        "it is not empty (found '%s'), and nothing is ever overwritten; move its content away first"
                                .formatted(content));
            }
            if (!Files.getFileStore(target).equals(Files.getFileStore(parent))) {
                throw refused(
                        "it is a mount point, which a finished clone can not be renamed to; choose a directory below it");
            }
        } catch (ReplicationException e) {
            throw e;
        } catch (IOException e) {
            throw failed("can not be looked into", e);
        }
    }

    /** Refuses early what would only fill the disk. */
    void checkSpace(long neededBytes) throws IOException {
        long usableBytes = Files.getFileStore(parent()).getUsableSpace();
        if (neededBytes > usableBytes) {
            throw refused("it needs about %d bytes and its file system has %d left; make room"
                    .formatted(neededBytes, usableBytes));
        }
    }

    void createPartial(FileOwner owner) throws IOException {
        removePartial();
        Files.createDirectory(
                partial, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        owner.apply(partial);
    }

    void removePartial() throws ReplicationException {
        if (!Files.exists(partial, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isDirectory(partial, LinkOption.NOFOLLOW_LINKS)) {
            throw new ReplicationException(
                    Kind.TARGET, "%s is in the way and is not a directory; move it away".formatted(partial));
        }
        try {
            Files.walkFileTree(partial, new Remover());
        } catch (IOException e) {
            throw new ReplicationException(
                    Kind.TARGET, "what an earlier clone left in %s can not be removed: %s".formatted(partial, e), e);
        }
    }

    /** Forces everything to disk, then gives it its final name; a target that was filled meanwhile is left alone. */
    void complete() throws IOException {
        Files.walkFileTree(partial, new Syncer());
        try {
            // rename(2) takes the place of an empty directory only.
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed("is complete in %s and can not be renamed".formatted(partial), e);
        }
        syncUninterrupted(parent());
    }

    private Path parent() {
        Path parent = target.getParent();
        return parent == null ? target : parent;
    }

    private ReplicationException refused(String why) {
        return new ReplicationException(Kind.TARGET, "no clone into %s: %s".formatted(target, why));
    }

    private ReplicationException failed(String what, IOException e) {
        return new ReplicationException(Kind.TARGET, "%s %s: %s".formatted(target, what, e), e);
    }

    private static @Nullable String anyName(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                return String.valueOf(entry.getFileName());
            }
            return null;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The clone has its final name: an interrupt is too late to undo that, and must not look like a failure. */
    private static void syncUninterrupted(Path path) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            sync(path);
        } catch (ClosedByInterruptException e) {
            interrupted = Thread.interrupted();
            sync(path);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class Syncer extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            sync(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            sync(directory);
            return FileVisitResult.CONTINUE;
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
