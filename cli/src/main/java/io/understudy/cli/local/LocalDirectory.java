package io.understudy.cli.local;

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

/** Where a cluster keeps everything: below one directory that the servers' user can enter. */
public final class LocalDirectory {

    private static final int SECRET_BYTES = 32;

    /** unix(7): sun_path with its closing zero. */
    private static final int LONGEST_SOCKET = 107;

    /** System property: where the launcher wants the embedded PostgreSQL unpacked. */
    private static final String BINARIES = "understudy.binaries";

    private final Path root;
    private final Path binaries;

    private LocalDirectory(Path root, Path binaries) {
        this.root = root;
        this.binaries = binaries;
    }

    /**
     * Makes it.
     *
     * @param wanted made if absent and must be empty; without one, a fresh directory below the temporary directory
     */
    public static LocalDirectory make(Optional<Path> wanted) throws IOException, UnusableMachineException {
        Path root;
        if (wanted.isPresent()) {
            root = emptyOrNew(wanted.get().toAbsolutePath().normalize());
        } else {
            root = Files.createTempDirectory("understudy-demo-").toRealPath();
        }
        // The database servers run as another user when this runs as root.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        LocalDirectory made = new LocalDirectory(root, binariesFor(root));
        made.writeSecret();
        return made;
    }

    /** Nothing is made before it is known that it can be used. */
    private static Path emptyOrNew(Path wanted) throws IOException, UnusableMachineException {
        Path there = wanted;
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            throw new UnusableMachineException("--dir " + wanted + " cannot be used: " + there
                    + (Files.isDirectory(there) ? " may not be written to by this user" : " is no directory")
                    + ". Name an empty or new directory, or leave --dir out.");
        }
        there = there.toRealPath();
        requireReachable(there);
        requireShort(wanted);
        Path made;
        try {
            made = Files.createDirectories(wanted).toRealPath();
        } catch (IOException refused) {
            throw new UnusableMachineException(
                    "--dir " + wanted + " cannot be made below " + there + ": " + refused
                            + ". Name an empty or new directory, or leave --dir out.",
                    refused);
        }
        try (Stream<Path> inside = Files.list(made)) {
            if (inside.findAny().isPresent()) {
                throw new UnusableMachineException(
                        "--dir " + made + " is not empty. Name an empty or new directory, or leave --dir out.");
            }
        }
        requireShort(made);
        return made;
    }

    private static void requireShort(Path root) throws UnusableMachineException {
        int socketBytes =
                AgentRun.guardSocket(root.resolve("node-a")).toString().length();
        if (socketBytes > LONGEST_SOCKET) {
            throw new UnusableMachineException("--dir " + root + " is too long: a guard's socket below it would have a"
                    + " name of " + socketBytes + " bytes, at most " + LONGEST_SOCKET
                    + " are possible. Name a shorter directory.");
        }
    }

    private static void requireReachable(Path root) throws IOException, UnusableMachineException {
        Optional<Path> closed = closedToServers(root);
        if (closed.isPresent()) {
            throw new UnusableMachineException("--dir " + root + " lies below " + closed.get()
                    + ", which other users may not enter. PostgreSQL refuses to run as root and runs as another"
                    + " user here. Name a directory elsewhere, for example below "
                    + System.getProperty("java.io.tmpdir") + ".");
        }
    }

    /** The first directory on the way that the servers' user may not enter; they are another user's only under root. */
    private static Optional<Path> closedToServers(Path directory) throws IOException {
        if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            return Optional.empty();
        }
        for (Path at = directory; at != null; at = at.getParent()) {
            if (!Files.getPosixFilePermissions(at).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    /** The build's own place where there is one and the servers can enter it; there it is unpacked only once. */
    private static Path binariesFor(Path root) throws IOException {
        String built = System.getProperty(BINARIES);
        if (built != null) {
            Path place = Path.of(built);
            Files.createDirectories(place);
            if (Files.isWritable(place) && closedToServers(place.toRealPath()).isEmpty()) {
                return place;
            }
        }
        return Files.createDirectory(
                root.resolve("postgresql"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    private void writeSecret() throws IOException {
        byte[] bytes = new byte[SECRET_BYTES];
        new java.security.SecureRandom().nextBytes(bytes);
        Files.createFile(secret(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret(), HexFormat.of().formatHex(bytes));
    }

    public Path root() {
        return root;
    }

    public Path secret() {
        return root.resolve("secret");
    }

    /** Where the embedded PostgreSQL is unpacked, once for all nodes. */
    public Path binaries() {
        return binaries;
    }

    public Path node(String name) {
        return root.resolve(name);
    }

    /** Notes a process that was started, one line each. */
    public void notePid(String what, long pid) throws IOException {
        Files.writeString(
                root.resolve("pids"), pid + " " + what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Removes it and everything in it. */
    public void remove() throws IOException {
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
