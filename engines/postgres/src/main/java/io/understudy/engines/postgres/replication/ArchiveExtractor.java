package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Unpacks a backup's archive; writes nothing outside its directory, and only directories and plain files. */
final class ArchiveExtractor {
    private static final int BUFFER_BYTES = 256 << 10;

    /** What tells a server how to start is for whoever starts it to write, not for the source. */
    private static final Set<String> LEFT_OUT =
            Set.of("standby.signal", "recovery.signal", "postmaster.pid", "postmaster.opts");

    private final Path directory;
    private final FileOwner owner;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    ArchiveExtractor(Path directory, FileOwner owner) {
        this.directory = directory;
        this.owner = owner;
    }

    void extract(InputStream archive) throws IOException {
        // Not closed: it only wraps the connection, which goes on after the archive.
        TarArchiveInputStream tar = new TarArchiveInputStream(archive);
        for (TarArchiveEntry entry = next(tar); entry != null; entry = next(tar)) {
            if (LEFT_OUT.contains(entry.getName())) {
                continue;
            }
            Path path = inside(entry.getName());
            if (entry.isDirectory()) {
                createDirectory(path, entry);
            } else if (entry.isFile() && !entry.isSymbolicLink() && !entry.isLink()) {
                createFile(path, entry, tar);
            } else {
                throw malformed("'%s' is neither a file nor a directory".formatted(entry.getName()));
            }
        }
    }

    private static TarArchiveEntry next(TarArchiveInputStream tar) throws IOException {
        try {
            return tar.getNextEntry();
        } catch (ReplicationException e) {
            throw e;
        } catch (IOException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    private Path inside(String name) throws ReplicationException {
        Path path = directory.resolve(name).normalize();
        if (!path.startsWith(directory) || name.startsWith("/")) {
            throw malformed("'%s' lies outside the data directory".formatted(name));
        }
        return path;
    }

    private void createDirectory(Path path, TarArchiveEntry entry) throws IOException {
        if (!path.equals(directory)) {
            Files.createDirectory(path, mode(entry));
            owner.apply(path);
        }
    }

    private void createFile(Path path, TarArchiveEntry entry, TarArchiveInputStream tar) throws IOException {
        Files.createFile(path, mode(entry));
        owner.apply(path);
        long writtenBytes = 0;
        try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.WRITE)) {
            for (int count = read(tar); count >= 0; count = read(tar)) {
                out.write(buffer, 0, count);
                writtenBytes += count;
            }
        }
        if (writtenBytes != entry.getSize()) {
            throw malformed("'%s' has %d bytes, expected %d".formatted(entry.getName(), writtenBytes, entry.getSize()));
        }
    }

    private int read(TarArchiveInputStream tar) throws IOException {
        try {
            return tar.read(buffer);
        } catch (ReplicationException e) {
            throw e;
        } catch (IOException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    /** The source's mode as far as PostgreSQL accepts it: nothing for others, nothing to write for the group. */
    private static FileAttribute<Set<PosixFilePermission>> mode(TarArchiveEntry entry) {
        Set<PosixFilePermission> mode = EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        if (entry.isDirectory()) {
            mode.add(PosixFilePermission.OWNER_EXECUTE);
        }
        if ((entry.getMode() & 0040) != 0) {
            mode.add(PosixFilePermission.GROUP_READ);
        }
        if (entry.isDirectory() && (entry.getMode() & 0010) != 0) {
            mode.add(PosixFilePermission.GROUP_EXECUTE);
        }
        return PosixFilePermissions.asFileAttribute(mode);
    }

    private static ReplicationException malformed(String what) {
        return new ReplicationException(Kind.PROTOCOL, "the backup's archive is broken: " + what);
    }
}
