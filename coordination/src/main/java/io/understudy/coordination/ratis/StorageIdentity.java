package io.understudy.coordination.ratis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file in a storage directory that says whose it is. It is written as {@code forming} before Ratis formats the
 * directory and as {@code ready} before the peer takes part in anything, so a crash in between is formatted again and can
 * have promised nothing.
 *
 * @param incarnation random, made when the life of this storage began: an emptied disk comes back with another one
 * @param peer name of the Raft peer that this life is, see {@link PeerNames}
 * @param formation incarnation of every node's storage that this one formed the group with; empty before, and in a storage
 *     that joined later
 * @param starts how often the peer took part with this storage, see {@link StorageLife}
 */
record StorageIdentity(
        String cluster,
        String node,
        String peers,
        String incarnation,
        String peer,
        Map<String, String> formation,
        long starts,
        State state) {
    enum State {
        forming,
        ready
    }

    static final String FILE = "understudy-raft.properties";

    /** Where the storage of the life before this one is kept. */
    static final String FORMER = "former";

    private static final String NEXT_STEP =
            "; next step: point the node at its own directory, or, to let it join again as"
                    + " a new member, which needs a majority of the other nodes, stop it and empty this one";

    StorageIdentity {
        formation = Map.copyOf(formation);
    }

    /** A storage that takes part in the first formation of the group. */
    static StorageIdentity fresh(RaftSettings settings) {
        String incarnation = UUID.randomUUID().toString();
        return new StorageIdentity(
                settings.cluster(),
                settings.self(),
                peerList(settings),
                incarnation,
                settings.self(),
                Map.of(),
                0,
                State.forming);
    }

    /** The same storage as a new member of a group that exists. */
    StorageIdentity asLaterLife() {
        return new StorageIdentity(
                cluster, node, peers, incarnation, PeerNames.later(node, incarnation), Map.of(), starts, state);
    }

    StorageIdentity formedWith(Map<String, String> lives) {
        return new StorageIdentity(cluster, node, peers, incarnation, peer, lives, starts, state);
    }

    /** The identity from this start on. */
    StorageIdentity ready(long start) {
        return new StorageIdentity(cluster, node, peers, incarnation, peer, formation, start, State.ready);
    }

    boolean isForming() {
        return state == State.forming;
    }

    /** The identity stored in the directory; empty if there is none. */
    static Optional<StorageIdentity> read(RaftSettings settings) throws IOException {
        Path file = settings.storage().resolve(FILE);
        if (!Files.exists(file)) {
            refuseForeignFiles(settings.storage());
            return Optional.empty();
        }
        Properties found = DurableProperties.read(file);
        StorageIdentity identity = new StorageIdentity(
                required(found, "cluster", file),
                required(found, "node", file),
                required(found, "peers", file),
                required(found, "incarnation", file),
                required(found, "peer", file),
                lives(required(found, "formation", file)),
                number(required(found, "starts", file), file),
                state(required(found, "state", file), file));
        identity.refuseUnless(settings);
        return Optional.of(identity);
    }

    /** Writes the file so that it survives a loss of power, whole or not at all. */
    void write(Path storage) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("cluster", cluster);
        values.put("node", node);
        values.put("peers", peers);
        values.put("incarnation", incarnation);
        values.put("peer", peer);
        values.put("formation", text(formation));
        values.put("starts", String.valueOf(starts));
        values.put("state", state.name());
        DurableProperties.write(storage.resolve(FILE), values);
    }

    /** Incarnations by node as one line. */
    static String text(Map<String, String> lives) {
        return new TreeMap<>(lives)
                .entrySet().stream()
                        .map(life -> life.getKey() + "=" + life.getValue())
                        .collect(Collectors.joining(","));
    }

    /** What {@link #text} wrote; whatever does not look so is left out. */
    static Map<String, String> lives(String text) {
        return Stream.of(text.split(",", -1))
                .filter(life -> life.indexOf('=') > 0)
                .collect(Collectors.toMap(
                        life -> life.substring(0, life.indexOf('=')),
                        life -> life.substring(life.indexOf('=') + 1),
                        (one, other) -> other));
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
        return name.startsWith(FILE) || name.equals(FORMER) || name.equals("lost+found");
    }

    private static String required(Properties found, String key, Path file) throws RaftStorageRefused {
        String value = found.getProperty(key);
        if (value == null) {
            throw new RaftStorageRefused(
                    "Raft identity " + file + " has no '" + key + "', expected one: the file is damaged" + NEXT_STEP);
        }
        return value;
    }

    private static long number(String found, Path file) throws RaftStorageRefused {
        try {
            return Long.parseLong(found);
        } catch (NumberFormatException damaged) {
            throw new RaftStorageRefused(
                    "Raft identity " + file + " has starts '" + found + "', expected a number" + NEXT_STEP);
        }
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
}
