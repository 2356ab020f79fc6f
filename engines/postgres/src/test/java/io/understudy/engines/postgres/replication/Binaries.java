package io.understudy.engines.postgres.replication;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The programs of one PostgreSQL version, unpacked where any user can run them. */
public final class Binaries implements AutoCloseable {
    private static final String ARCHIVE = "postgres-linux-x86_64.txz";
    private static final Path OLDEST = Path.of("target", "servers", "oldest-postgres.jar");
    private static final int OWNER_EXECUTE = 0100;

    private final Path home;

    private Binaries(Path home) {
        this.home = home;
    }

    static Binaries newest() throws IOException {
        try (InputStream archive = Objects.requireNonNull(Binaries.class.getResourceAsStream("/" + ARCHIVE))) {
            return unpack(archive);
        }
    }

    public static Binaries oldest() throws IOException {
        try (JarFile jar = new JarFile(OLDEST.toFile());
                InputStream archive = jar.getInputStream(jar.getEntry(ARCHIVE))) {
            return unpack(archive);
        }
    }

    private static Binaries unpack(InputStream archive) throws IOException {
        Path home = TestServer.directory("understudy-binaries-");
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = home.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(Objects.requireNonNull(path.getParent()));
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    Files.setPosixFilePermissions(path, mode(entry));
                }
            }
        }
        return new Binaries(home);
    }

    private static Set<PosixFilePermission> mode(TarArchiveEntry entry) {
        Set<PosixFilePermission> mode = EnumSet.copyOf(PosixFilePermissions.fromString("rw-r--r--"));
        if ((entry.getMode() & OWNER_EXECUTE) != 0) {
            mode.addAll(PosixFilePermissions.fromString("--x--x--x"));
        }
        return mode;
    }

    public Path home() {
        return home;
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Override
    public void close() throws IOException {
        delete(home);
    }
}
