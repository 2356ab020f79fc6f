package io.understudy.cli.node;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.engines.postgres.installation.InstallationSource;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What {@code run --node-file} starts one node with: a Java properties file, written by the demonstration and internal to
 * it. Keys: {@code cluster}, {@code node}, {@code mode}, {@code directory}, {@code secret}, {@code binaries},
 * {@code installation} where there is one, "nodes" (comma separated), for each of these {@code NODE.raft}, {@code NODE.api} and {@code NODE.database} as
 * {@code host:port}, {@code NODE.router} where that node's agent runs a router too, and {@code bootstrap.1}, {@code bootstrap.2} … in order.
 *
 * @param cluster the cluster's name, the same on every node
 * @param node whose agent this is
 * @param mode of a cluster that has no database yet; later the ledger holds it
 * @param directory this node's own: database, ledger, state
 * @param secret a file with a random text, the same on every node
 * @param binaries where an embedded PostgreSQL is unpacked; other users must be able to enter it
 * @param installation of PostgreSQL, used instead of the embedded one; empty for the embedded one
 * @param addresses of every node, this one included
 * @param bootstrap SQL run once in a new cluster's database
 */
public record NodeFile(
        String cluster,
        NodeId node,
        ReplicationMode mode,
        Path directory,
        Path secret,
        Path binaries,
        Optional<Path> installation,
        Map<NodeId, Addresses> addresses,
        List<String> bootstrap) {

    private static final int MOST_STATEMENTS = 1000;

    public NodeFile {
        addresses = Map.copyOf(new TreeMap<>(addresses));
        bootstrap = List.copyOf(bootstrap);
        if (!addresses.containsKey(node)) {
            throw new IllegalArgumentException("node '" + node + "' is none of the nodes " + addresses.keySet());
        }
    }

    /**
     * Where one node listens.
     *
     * @param raft for the other agents
     * @param api for everybody
     * @param database for everybody
     * @param router for clients that want the primary, whichever node that is; empty for none
     */
    public record Addresses(Endpoint raft, Endpoint api, Endpoint database, Optional<Endpoint> router) {}

    /** Where this node listens. */
    public Addresses own() {
        return addresses(node);
    }

    /** The PostgreSQL that this node runs. */
    public InstallationSource postgres() {
        return installation
                .<InstallationSource>map(InstallationSource.Configured::new)
                .orElseGet(() -> new InstallationSource.Embedded(binaries));
    }

    /** Where {@code name} listens. */
    public Addresses addresses(NodeId name) {
        Addresses found = addresses.get(name);
        if (found == null) {
            throw new IllegalArgumentException("node '" + name + "' is none of the nodes " + addresses.keySet());
        }
        return found;
    }

    /** All nodes, by name. */
    public List<NodeId> nodes() {
        return addresses.keySet().stream().sorted().toList();
    }

    /** Reads what {@link #write} wrote; every problem is named at once. */
    public static NodeFile read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        } catch (IllegalArgumentException malformed) {
            throw new IOException("Node file " + file + " is no properties file: " + malformed.getMessage(), malformed);
        }
        Entries entries = new Entries(file, properties);
        Map<NodeId, Addresses> addresses = new TreeMap<>();
        for (String name : properties.getProperty("nodes", "").split(",", -1)) {
            if (name.isBlank()) {
                entries.take("nodes", () -> entries.text("nodes"));
                continue;
            }
            entries.take(
                    name + " addresses",
                    () -> addresses.put(
                            new NodeId(name.strip()),
                            new Addresses(
                                    entries.endpoint(name + ".raft"),
                                    entries.endpoint(name + ".api"),
                                    entries.endpoint(name + ".database"),
                                    entries.endpointIfAny(name + ".router"))));
        }
        List<String> bootstrap = new ArrayList<>();
        for (int i = 1; i <= MOST_STATEMENTS && properties.containsKey("bootstrap." + i); i++) {
            String statement = "bootstrap." + i;
            entries.take(statement, () -> bootstrap.add(entries.text(statement)));
        }
        return entries.finish(() -> new NodeFile(
                entries.text("cluster"),
                new NodeId(entries.text("node")),
                ReplicationMode.ofLabel(entries.text("mode")),
                Path.of(entries.text("directory")),
                Path.of(entries.text("secret")),
                Path.of(entries.text("binaries")),
                Optional.ofNullable(properties.getProperty("installation")).map(Path::of),
                addresses,
                bootstrap));
    }

    /** Writes it, readable by its owner alone: bootstrap statements hold passwords. */
    public void write(Path file) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("cluster", cluster);
        properties.setProperty("node", node.name());
        properties.setProperty("mode", mode.label());
        properties.setProperty("directory", directory.toString());
        properties.setProperty("secret", secret.toString());
        properties.setProperty("binaries", binaries.toString());
        installation.ifPresent(place -> properties.setProperty("installation", place.toString()));
        properties.setProperty("nodes", nodes().stream().map(NodeId::name).collect(Collectors.joining(",")));
        addresses.forEach((name, where) -> {
            properties.setProperty(name + ".raft", where.raft().toString());
            properties.setProperty(name + ".api", where.api().toString());
            properties.setProperty(name + ".database", where.database().toString());
            where.router().ifPresent(router -> properties.setProperty(name + ".router", router.toString()));
        });
        for (int i = 0; i < bootstrap.size(); i++) {
            properties.setProperty("bootstrap." + (i + 1), bootstrap.get(i));
        }
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            properties.store(out, "One node of a demonstration; internal to it.");
        }
    }

    /** Reads {@code host:port}. */
    public static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon > 0) {
                return new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
            }
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address: expected host:port, and the port is no number", notANumber);
        }
        throw new IllegalArgumentException("'" + text + "' is no address: expected host:port");
    }

    /** Collects problems while reading. */
    private static final class Entries {
        private final Path file;
        private final Properties properties;
        private final List<String> problems = new ArrayList<>();

        Entries(Path file, Properties properties) {
            this.file = file;
            this.properties = properties;
        }

        String text(String key) {
            String value = properties.getProperty(key);
            if (value == null || value.isBlank()) {
                throw new IllegalArgumentException("'" + key + "' is missing");
            }
            return value;
        }

        Endpoint endpoint(String key) {
            return NodeFile.endpoint(text(key));
        }

        Optional<Endpoint> endpointIfAny(String key) {
            return properties.containsKey(key) ? Optional.of(endpoint(key)) : Optional.empty();
        }

        void take(String what, Runnable step) {
            try {
                step.run();
            } catch (IllegalArgumentException wrong) {
                problems.add(what + ": " + wrong.getMessage());
            }
        }

        NodeFile finish(java.util.function.Supplier<NodeFile> whole) throws IOException {
            NodeFile[] made = new NodeFile[1];
            take("whole", () -> made[0] = whole.get());
            if (!problems.isEmpty()) {
                throw new IOException("Node file " + file + " cannot be used: " + String.join("; ", problems));
            }
            return Arrays.stream(made).findFirst().orElseThrow();
        }
    }
}
