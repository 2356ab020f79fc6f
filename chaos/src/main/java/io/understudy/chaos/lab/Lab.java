package io.understudy.chaos.lab;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.QuarantineView;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.ClusterWatch;
import io.understudy.cli.local.Ending;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.cli.local.PrimaryWatch;
import io.understudy.cli.local.ToldHistory;
import io.understudy.cli.node.NodeFile;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The nodes under test, where they run, and what is seen of them from outside. */
public final class Lab implements AutoCloseable {

    private static final int PORTS_A_NODE = 4;
    private static final int PASSWORD_BITS = 96;
    private static final int PASSWORD_RADIX = 36;
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final ReplicationMode mode;
    private final LocalDirectory directory;
    private final LabNetwork network;
    private final Disks disks;
    private final Clocks clocks;
    private final LabDatabase database;
    private final List<LocalNode> nodes;
    private final PrimaryWatch primaries;
    private final ClusterWatch watch;

    private Lab(
            ReplicationMode mode,
            LocalDirectory directory,
            LabNetwork network,
            Disks disks,
            LabDatabase database,
            List<LocalNode> nodes,
            Narrator narrator) {
        this.mode = mode;
        this.directory = directory;
        this.network = network;
        this.disks = disks;
        this.clocks = new Clocks(network);
        this.database = database;
        this.nodes = List.copyOf(nodes);
        Map<NodeId, AgentClient> agents = new LinkedHashMap<>();
        nodes.forEach(node -> agents.put(node.id(), node.agent()));
        this.primaries = new PrimaryWatch(agents);
        this.watch = new ClusterWatch(List.copyOf(agents.values()), narrator);
    }

    /** Lays it out in {@code directory}; no node is started yet. */
    public static Lab layOut(ReplicationMode mode, int count, LocalDirectory directory, Narrator narrator)
            throws IOException, UnusableMachineException, InterruptedException {
        List<NodeId> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(new NodeId("node-" + (char) ('a' + i)));
        }
        LabNetwork network = LabNetwork.make(names);
        Disks disks = new Disks();
        try {
            LabDatabase database =
                    new LabDatabase(new BigInteger(PASSWORD_BITS, new SecureRandom()).toString(PASSWORD_RADIX));
            Map<NodeId, NodeFile.Addresses> addresses = addresses(names, network);
            List<LocalNode> nodes = new ArrayList<>();
            for (NodeId name : names) {
                disks.mount(name, directory.node(name.name()));
                NodeFile file = new NodeFile(
                        "chaos",
                        name,
                        mode,
                        directory.node(name.name()),
                        ownCopy(directory, name),
                        directory.binaries(),
                        Optional.empty(),
                        addresses,
                        database.bootstrap());
                nodes.add(new LocalNode(file, directory, network));
            }
            return new Lab(mode, directory, network, disks, database, nodes, narrator);
        } catch (IOException | RuntimeException failed) {
            disks.close();
            network.close();
            throw failed;
        }
    }

    private static Map<NodeId, NodeFile.Addresses> addresses(List<NodeId> names, LabNetwork network) {
        List<Integer> ports = network.ports(PORTS_A_NODE);
        Map<NodeId, NodeFile.Addresses> addresses = new TreeMap<>();
        for (NodeId name : names) {
            String host = network.host(name);
            List<Endpoint> own =
                    ports.stream().map(port -> new Endpoint(host, port)).toList();
            addresses.put(name, new NodeFile.Addresses(own.get(0), own.get(1), own.get(2), Optional.of(own.get(3))));
        }
        return addresses;
    }

    /** Each node has a file of its own with the secret, so that one can have a wrong one. */
    private static Path ownCopy(LocalDirectory directory, NodeId node) throws IOException {
        return Files.copy(
                directory.secret(), directory.root().resolve("secret-" + node), StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** Starts every node, and to look. */
    public void start() throws IOException {
        for (LocalNode node : nodes) {
            node.start();
        }
        watch.start();
        primaries.start();
    }

    public ReplicationMode mode() {
        return mode;
    }

    public List<LocalNode> nodes() {
        return nodes;
    }

    /** Where {@code node} keeps its database. */
    public Path data(LocalNode node) {
        return directory.node(node.id().name()).resolve("data");
    }

    /** The file with the secret of {@code node}. */
    public Path secret(LocalNode node) {
        return directory.root().resolve("secret-" + node.id());
    }

    /** Where a fault may keep what it needs, on no node's disk. */
    public Path aside(String name) {
        return directory.root().resolve("aside-" + name);
    }

    public LabNetwork network() {
        return network;
    }

    public Clocks clocks() {
        return clocks;
    }

    public Disks disks() {
        return disks;
    }

    public LabDatabase database() {
        return database;
    }

    public PrimaryWatch primaries() {
        return primaries;
    }

    public ClusterWatch watch() {
        return watch;
    }

    public LocalNode node(String name) {
        return nodes.stream()
                .filter(node -> node.id().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Node " + name + " is none of this run's"));
    }

    /** The running tenure, or the last one, as last told by a Raft leader. */
    public TenureView tenure() {
        return watch.newest()
                .flatMap(ClusterView::tenure)
                .orElseThrow(() -> new IllegalStateException("The cluster has no primary yet"));
    }

    /** Who holds it. */
    public LocalNode primary() {
        return node(tenure().holder());
    }

    /** All others. */
    public List<LocalNode> replicas() {
        String holder = tenure().holder();
        return nodes.stream().filter(node -> !node.id().name().equals(holder)).toList();
    }

    /** Who leads the Raft group, as last told. */
    public Optional<LocalNode> raftLeader() {
        return watch.newest().flatMap(ClusterView::raftLeader).map(this::node);
    }

    /** What is not as it should be; empty when every node has reported since {@code sinceNanos} and is healthy. */
    public List<String> problems(long sinceNanos) {
        Optional<ClusterView> view = watch.newest(FRESH);
        if (view.isEmpty()) {
            return List.of("no Raft leader answers");
        }
        List<String> problems = Health.problems(view.get());
        return problems.isEmpty() && !watch.allHeardSince(sinceNanos)
                ? List.of("a node has not reported since the repair")
                : problems;
    }

    /** As an operator does who needs the space: drops what nodes kept of data that was set aside. Whoever does not answer keeps it. */
    public void dropKeptCopies() {
        for (LocalNode node : nodes) {
            try {
                for (QuarantineView.Copy copy : node.agent().quarantine().copies()) {
                    node.agent().dropQuarantined(copy.id());
                }
            } catch (IOException | RequestRefusedException notNow) {
                // The next time, then.
                continue;
            }
        }
    }

    /** Every change of primary, oldest first, as the agent that knows most tells them. */
    public List<Change> changes() {
        return ToldHistory.after(0, nodes);
    }

    /** Ends every process, and takes network and disks away. */
    @Override
    public void close() throws IOException, InterruptedException {
        watch.close();
        primaries.close();
        try {
            new Ending(nodes).end();
        } finally {
            network.close();
            disks.close();
            clocks.removeLeftovers();
        }
    }
}
