package io.understudy.guard;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * The listening socket in a directory nobody else can enter, and the lock that makes this the only guard there. The lock, a file beside the socket,
 * is what counts: who holds it may replace a socket that a dead guard left. The lock file stays; removing it would let two guards hold one lock each.
 */
final class GuardSocket implements AutoCloseable {
    /** The space sockaddr_un has for a path (unix(7)), less the terminating zero. */
    static final int MAX_PATH_BYTES = 107;

    private static final int BACKLOG = 16;
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    private final Path path;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final ServerSocketChannel channel;

    private GuardSocket(Path path, FileChannel lockFile, FileLock lock, ServerSocketChannel channel) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
        this.channel = channel;
    }

    /** Another guard holds the socket. */
    static final class HeldException extends IOException {
        private static final long serialVersionUID = 1L;

        HeldException(Path path) {
            super("Another guard serves " + path + ": connect to it instead of starting a second one");
        }
    }

    static GuardSocket open(Path given) throws IOException {
        Path path = given.toAbsolutePath();
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new IOException("The socket path " + path + " has " + length + " bytes, a unix socket's has at most "
                    + MAX_PATH_BYTES + ": choose a shorter directory");
        }
        Path directory = path.getParent();
        if (directory == null) {
            throw new IOException("The socket path " + path + " names no file");
        }
        requirePrivate(directory);
        FileChannel lockFile = FileChannel.open(
                path.resolveSibling(path.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock();
        if (lock == null) {
            lockFile.close();
            throw new HeldException(path);
        }
        try {
            removeStale(path);
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            return new GuardSocket(path, lockFile, lock, channel);
        } catch (IOException | RuntimeException failed) {
            lockFile.close();
            throw failed;
        }
    }

    private static void requirePrivate(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
        }
        Set<PosixFilePermission> found = EnumSet.copyOf(Files.getPosixFilePermissions(directory));
        found.removeAll(PRIVATE);
        if (!found.isEmpty()) {
            throw new IOException("The directory " + directory + " grants " + PosixFilePermissions.toString(found)
                    + " to others, who could command the server through the socket in it: make it mode 0700");
        }
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        PosixFileAttributes attributes =
                Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isOther()) {
            throw new IOException(path + " exists and is no socket: it is left alone, choose another path");
        }
        Files.delete(path);
    }

    Path path() {
        return path;
    }

    ServerSocketChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
        lock.release();
        lockFile.close();
    }
}
