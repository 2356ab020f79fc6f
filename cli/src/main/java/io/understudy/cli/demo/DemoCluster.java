package io.understudy.cli.demo;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.local.ClusterWatch;
import io.understudy.cli.local.Ending;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Namespaces;
import io.understudy.cli.local.Narrator;
import io.understudy.cli.local.Network;
import io.understudy.cli.local.PrimaryWatch;
import io.understudy.cli.local.ToldHistory;
import io.understudy.cli.node.NodeFile;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The nodes of a demonstration, the shop that uses them, and what watches both. */
final class DemoCluster implements AutoCloseable {

    private static final String NAME = "demo";
    private static final int PASSWORD_BITS = 96;
    private static final int PASSWORD_RADIX = 36;
    private static final int PORTS_A_NODE = 4;

    private final ReplicationMode mode;
    private final Network network;
    private final List<LocalNode> nodes;
    private final ShopDatabase database;
    private final OrderBook book = new OrderBook();
    private final PrimaryWatch primaries;
    private final ClusterWatch watch;
    private final Shop shop;
    private final Breaking breaking;

    private DemoCluster(
            ReplicationMode mode, Network network, List<LocalNode> nodes, ShopDatabase database, Narrator narrator) {
        this.mode = mode;
        this.network = network;
        this.nodes = List.copyOf(nodes);
        this.database = database;
        Map<NodeId, AgentClient> agents = new LinkedHashMap<>();
        Map<NodeId, Endpoint> databases = new LinkedHashMap<>();
        nodes.forEach(node -> {
            agents.put(node.id(), node.agent());
            databases.put(node.id(), node.addresses().database());
        });
        this.primaries = new PrimaryWatch(agents);
        this.watch = new ClusterWatch(List.copyOf(agents.values()), narrator);
        this.shop = new Shop(book, database, databases, primaries);
        this.breaking = new Breaking(nodes, network);
    }

    /** Lays it out; nothing is started yet. */
    static DemoCluster layOut(DemoOptions options, LocalDirectory directory, Narrator narrator)
            throws IOException, UnusableMachineException, InterruptedException {
        List<NodeId> names = new ArrayList<>();
        for (int i = 0; i < options.nodes(); i++) {
            names.add(new NodeId("node-" + (char) ('a' + i)));
        }
        Network network = options.fault() == Fault.PARTITION
                ? Namespaces.make("--fault " + Fault.PARTITION, names)
                : new Network.Loopback();
        return layOut(options.mode(), names, network, directory, Optional.empty(), narrator);
    }

    /**
     * The same, with a PostgreSQL of choice.
     *
     * @param installation empty for the embedded one
     */
    static DemoCluster layOut(
            ReplicationMode mode,
            List<NodeId> names,
            Network network,
            LocalDirectory directory,
            Optional<Path> installation,
            Narrator narrator)
            throws IOException {
        try {
            Map<NodeId, NodeFile.Addresses> addresses = addresses(names, network);
            ShopDatabase database =
                    new ShopDatabase(new BigInteger(PASSWORD_BITS, new SecureRandom()).toString(PASSWORD_RADIX));
            List<LocalNode> nodes = new ArrayList<>();
            for (NodeId name : names) {
                NodeFile file = new NodeFile(
                        NAME,
                        name,
                        mode,
                        directory.node(name.name()),
                        directory.secret(),
                        directory.binaries(),
                        installation,
                        addresses,
                        database.bootstrap());
                nodes.add(new LocalNode(file, directory, network));
            }
            return new DemoCluster(mode, network, nodes, database, narrator);
        } catch (IOException | RuntimeException failed) {
            network.close();
            throw failed;
        }
    }

    private static Map<NodeId, NodeFile.Addresses> addresses(List<NodeId> names, Network network) throws IOException {
        List<Integer> ports = network.ports(names.size() * PORTS_A_NODE);
        Map<NodeId, NodeFile.Addresses> addresses = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            String host = network.host(names.get(i));
            int first = i * PORTS_A_NODE;
            addresses.put(
                    names.get(i),
                    new NodeFile.Addresses(
                            new Endpoint(host, ports.get(first)),
                            new Endpoint(host, ports.get(first + 1)),
                            new Endpoint(host, ports.get(first + 2)),
                            Optional.of(new Endpoint(host, ports.get(first + 3)))));
        }
        return addresses;
    }

    void start() throws IOException {
        for (LocalNode node : nodes) {
            node.start();
        }
        watch.start();
        primaries.start();
    }

    ReplicationMode mode() {
        return mode;
    }

    List<LocalNode> nodes() {
        return nodes;
    }

    LocalNode node(NodeId id) {
        return nodes.stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Node " + id + " is none of this demonstration's"));
    }

    ShopDatabase database() {
        return database;
    }

    OrderBook book() {
        return book;
    }

    PrimaryWatch primaries() {
        return primaries;
    }

    ClusterWatch watch() {
        return watch;
    }

    Shop shop() {
        return shop;
    }

    Breaking breaking() {
        return breaking;
    }

    /** The changes of primary to an epoch after {@code epoch}, oldest first, as the agent that knows most tells them. */
    List<Change> changesAfter(long epoch) {
        return ToldHistory.after(epoch, nodes);
    }

    /** Ends every process and removes the network. */
    void end() throws IOException, InterruptedException {
        close();
        try {
            new Ending(nodes).end();
        } finally {
            network.close();
        }
    }

    /** Ends the shop and the watching; the nodes go on. */
    @Override
    public void close() {
        shop.close();
        watch.close();
        primaries.close();
    }
}
