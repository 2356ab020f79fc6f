package io.understudy.cli.demo;

import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.node.AgentRun;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where a demonstration keeps everything: below one directory that the servers' user can enter. */
final class DemoDirectory {

    private static final int SECRET_BYTES = 32;

    /** unix(7): sun_path with its closing zero. */
    private static final int LONGEST_SOCKET = 107;

    private final Path root;

    private DemoDirectory(Path root) {
        this.root = root;
    }

    /**
     * Makes it.
     *
     * @param wanted made if absent and must be empty; without one, a fresh directory below the temporary directory
     */
    static DemoDirectory make(Optional<Path> wanted) throws IOException, UnusableMachineException {
        Path root;
        if (wanted.isPresent()) {
            root = wanted.get().toAbsolutePath().normalize();
            Files.createDirectories(root);
            try (Stream<Path> inside = Files.list(root)) {
                if (inside.findAny().isPresent()) {
                    throw new UnusableMachineException(
                            "--dir " + root + " is not empty. Name an empty or new directory, or leave --dir out.");
                }
            }
        } else {
            root = Files.createTempDirectory("understudy-demo-");
        }
        root = root.toRealPath();
        // The database servers run as another user when this runs as root.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        requireReachable(root);
        int socketBytes =
                AgentRun.guardSocket(root.resolve("node-a")).toString().length();
        if (socketBytes > LONGEST_SOCKET) {
            throw new UnusableMachineException("--dir " + root + " is too long: a guard's socket below it would have a"
                    + " name of " + socketBytes + " bytes, at most " + LONGEST_SOCKET
                    + " are possible. Name a shorter directory.");
        }
        DemoDirectory made = new DemoDirectory(root);
        made.writeSecret();
        return made;
    }

    private static void requireReachable(Path root) throws IOException, UnusableMachineException {
        if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            return;
        }
        for (Path at = root; at != null; at = at.getParent()) {
            if (!Files.getPosixFilePermissions(at).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                throw new UnusableMachineException("--dir " + root + " lies below " + at
                        + ", which other users may not enter. PostgreSQL refuses to run as root and runs as another"
                        + " user here. Name a directory elsewhere, for example below "
                        + System.getProperty("java.io.tmpdir") + ".");
            }
        }
    }

    private void writeSecret() throws IOException {
        byte[] bytes = new byte[SECRET_BYTES];
        new java.security.SecureRandom().nextBytes(bytes);
        Files.createFile(secret(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret(), HexFormat.of().formatHex(bytes));
    }

    Path root() {
        return root;
    }

    Path secret() {
        return root.resolve("secret");
    }

    /** Where the embedded PostgreSQL is unpacked, once for all nodes. */
    Path binaries() {
        return root.resolve("postgresql");
    }

    Path node(String name) {
        return root.resolve(name);
    }

    /** Notes a process that was started, one line each. */
    void notePid(String what, long pid) throws IOException {
        Files.writeString(
                root.resolve("pids"), pid + " " + what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Removes it and everything in it. */
    void remove() throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failed) throws IOException {
                if (failed instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failed;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failed) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
