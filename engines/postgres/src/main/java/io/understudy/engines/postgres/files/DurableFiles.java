package io.understudy.engines.postgres.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** Writing so that a crash leaves either what was there before or all of the new. */
public final class DurableFiles {

    private DurableFiles() {}

    /** Gives a file to whom it is to belong. */
    @FunctionalInterface
    public interface Ownership {
        void give(Path file) throws IOException;
    }

    /**
     * Replaces {@code file}: a temporary file beside it, synced, renamed, then the directory synced. Owned by whom the
     * directory belongs to and readable by that user alone, because a server that runs as its own user must read it.
     */
    public static void write(Path file, String contents) throws IOException {
        Path directory = folderOf(file);
        write(file, contents, temporary -> takeOwnerOf(directory, temporary));
    }

    /** The same, for a file that belongs to somebody else than its directory; readable by that user alone. */
    public static void write(Path file, String contents, Ownership ownership) throws IOException {
        Path directory = folderOf(file);
        Path temporary = directory.resolve(file.getFileName() + ".understudy-tmp");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(contents);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            ownership.give(temporary);
            channel.force(true);
        } catch (FileSystemException named) {
            throw named;
        } catch (IOException unnamed) {
            throw naming(file, unnamed);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(directory);
    }

    /** An error of a write, which by itself does not say of which file. */
    public static FileSystemException naming(Path file, IOException unnamed) {
        FileSystemException named = new FileSystemException(file.toString(), null, unnamed.getMessage());
        named.initCause(unnamed);
        return named;
    }

    /** The folder that {@code path} lies in. */
    public static Path folderOf(Path path) {
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IllegalArgumentException("Expected a path in a folder, found " + path);
        }
        return folder;
    }

    private static void takeOwnerOf(Path directory, Path file) throws IOException {
        PosixFileAttributes wanted =
                Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributeView view =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes found = view.readAttributes();
        if (!found.owner().equals(wanted.owner())) {
            view.setOwner(wanted.owner());
            view.setGroup(wanted.group());
        }
    }

    /** Makes the names in {@code directory} durable: a rename is not before its directory was synced. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
