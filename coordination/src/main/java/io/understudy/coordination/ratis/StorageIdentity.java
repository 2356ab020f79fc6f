package io.understudy.coordination.ratis;

import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file in a storage directory that says whose it is. It is written as {@code forming} before Ratis formats the
 * directory and as {@code ready} before the peer takes part in anything, so a crash in between is formatted again and can
 * have promised nothing.
 *
 * @param incarnation random, made when the directory was formatted: an emptied disk comes back with another one
 */
record StorageIdentity(String cluster, String node, String peers, String incarnation, State state) {
    enum State {
        forming,
        ready
    }

    static final String FILE = "understudy-raft.properties";

    private static final String NEXT_STEP = "; next step: point the node at its own directory, or, to let it start from"
            + " nothing as a new member, stop it and empty this one";

    static StorageIdentity fresh(RaftSettings settings) {
        return new StorageIdentity(
                settings.cluster(),
                settings.self(),
                peerList(settings),
                UUID.randomUUID().toString(),
                State.forming);
    }

    /** The identity stored in the directory; empty if the directory was never formatted completely. */
    static Optional<StorageIdentity> read(RaftSettings settings) throws IOException {
        Path file = settings.storage().resolve(FILE);
        if (!Files.exists(file)) {
            refuseForeignFiles(settings.storage());
            return Optional.empty();
        }
        Properties found = new Properties();
        found.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
        StorageIdentity identity = new StorageIdentity(
                required(found, "cluster", file),
                required(found, "node", file),
                required(found, "peers", file),
                required(found, "incarnation", file),
                state(required(found, "state", file), file));
        identity.refuseUnless(settings);
        return identity.state() == State.ready ? Optional.of(identity) : Optional.empty();
    }

    StorageIdentity ready() {
        return new StorageIdentity(cluster, node, peers, incarnation, State.ready);
    }

    /** Writes the file so that it survives a loss of power, whole or not at all. */
    void write(Path storage) throws IOException {
        String text = "cluster=" + escaped(cluster) + "\nnode=" + escaped(node) + "\npeers=" + escaped(peers)
                + "\nincarnation=" + incarnation + "\nstate=" + state + "\n";
        Path temporary = storage.resolve(FILE + ".tmp");
        Files.writeString(temporary, text, StandardCharsets.UTF_8);
        sync(temporary, StandardOpenOption.WRITE);
        Files.move(
                temporary, storage.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(storage, StandardOpenOption.READ);
    }

    private void refuseUnless(RaftSettings settings) throws RaftStorageRefused {
        refuse(settings.storage(), "cluster", cluster, settings.cluster());
        refuse(settings.storage(), "node", node, settings.self());
        refuse(settings.storage(), "peers", peers, peerList(settings));
    }

    private static void refuse(Path storage, String what, String found, String expected) throws RaftStorageRefused {
        if (!found.equals(expected)) {
            throw new RaftStorageRefused("Raft storage " + storage + " was made for " + what + " '" + found
                    + "', expected '" + expected + "'" + NEXT_STEP);
        }
    }

    private static void refuseForeignFiles(Path storage) throws IOException {
        if (!Files.exists(storage)) {
            return;
        }
        try (Stream<Path> entries = Files.list(storage)) {
            Optional<Path> foreign =
                    entries.filter(entry -> !isOurs(entry)).sorted().findFirst();
            if (foreign.isPresent()) {
                throw new RaftStorageRefused(
                        "Raft storage " + storage + " holds '" + foreign.get().getFileName() + "' but no " + FILE
                                + ", expected an empty directory or one of this node" + NEXT_STEP);
            }
        }
    }

    private static boolean isOurs(Path entry) {
        String name = String.valueOf(entry.getFileName());
        return name.startsWith(FILE) || name.equals("lost+found");
    }

    private static String required(Properties found, String key, Path file) throws RaftStorageRefused {
        String value = found.getProperty(key);
        if (value == null) {
            throw new RaftStorageRefused(
                    "Raft identity " + file + " has no '" + key + "', expected one: the file is damaged" + NEXT_STEP);
        }
        return value;
    }

    private static State state(String found, Path file) throws RaftStorageRefused {
        for (State state : State.values()) {
            if (state.name().equals(found)) {
                return state;
            }
        }
        throw new RaftStorageRefused("Raft identity " + file + " has state '" + found + "', expected one of "
                + List.of(State.values()) + NEXT_STEP);
    }

    private static String peerList(RaftSettings settings) {
        return settings.peers().stream()
                .sorted(Comparator.comparing(RaftPeerAddress::node))
                .map(RaftPeerAddress::toString)
                .collect(Collectors.joining(","));
    }

    /** Properties escape: names may hold backslashes or start with blanks. */
    private static String escaped(String value) {
        StringBuilder out = new StringBuilder();
        for (char c : value.toCharArray()) {
            if (c == '\\' || c < ' ' || c > '~' || (c == ' ' && out.isEmpty())) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static void sync(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }
}
