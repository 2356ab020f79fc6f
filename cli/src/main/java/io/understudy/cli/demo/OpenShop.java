package io.understudy.cli.demo;

import io.understudy.agent.api.ClusterView;
import io.understudy.cli.local.ClusterWatch;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.cli.local.Network;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The demonstration's cluster with its shop open, for others than the demonstration. Three nodes in semi-sync on loopback; the
 * shop places orders on whatever node is primary until it is closed.
 */
public final class OpenShop implements AutoCloseable {

    private static final List<NodeId> NAMES = List.of(new NodeId("node-a"), new NodeId("node-b"), new NodeId("node-c"));
    private static final Duration LOOK = Duration.ofMillis(20);

    /** For a node to be read, and for a replica to replay what the primary has. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final DemoCluster cluster;
    private final Narrator narrator;

    private OpenShop(DemoCluster cluster, Narrator narrator) {
        this.cluster = cluster;
        this.narrator = narrator;
    }

    /**
     * What became of the orders.
     *
     * @param acknowledged how many were, since the last look
     * @param lost acknowledged and not there; each is told once
     * @param doubled there more than once
     * @param neverSent there and never sent
     * @param differing replicas that hold something else than the primary, in words
     */
    public record Findings(
            int acknowledged,
            List<Integer> lost,
            List<Integer> doubled,
            List<Integer> neverSent,
            List<String> differing) {
        public Findings {
            lost = List.copyOf(lost);
            doubled = List.copyOf(doubled);
            neverSent = List.copyOf(neverSent);
            differing = List.copyOf(differing);
        }

        /** Whether every acknowledged order is there, once, on every node. */
        public boolean isWell() {
            return lost.isEmpty() && doubled.isEmpty() && neverSent.isEmpty() && differing.isEmpty();
        }
    }

    /**
     * Lays a cluster out; nothing is started yet.
     *
     * @param installation of PostgreSQL; empty for the embedded one
     */
    public static OpenShop layOut(LocalDirectory directory, Optional<Path> installation, Narrator narrator)
            throws IOException {
        return new OpenShop(
                DemoCluster.layOut(
                        ReplicationMode.SEMI_SYNC, NAMES, new Network.Loopback(), directory, installation, narrator),
                narrator);
    }

    /** Starts it, and waits until every node is healthy and orders are acknowledged; false when that takes too long. */
    public boolean open() throws IOException, InterruptedException {
        cluster.start();
        return Demo.form(cluster, narrator);
    }

    public List<LocalNode> nodes() {
        return cluster.nodes();
    }

    public LocalNode node(String name) {
        return cluster.node(new NodeId(name));
    }

    public ClusterWatch watch() {
        return cluster.watch();
    }

    /** Whether every writer of the shop was answered at or after {@code nanos}, on {@link System#nanoTime}. */
    public boolean tradesSince(long nanos) {
        return cluster.book().writersAnsweredSince(nanos) == Shop.WRITERS;
    }

    /**
     * Reads every order back from every node while the shop rests; it trades again afterwards. All nodes are healthy.
     *
     * @throws IOException when a node cannot be read
     */
    public Findings readBack() throws IOException, InterruptedException {
        cluster.shop().pause();
        try {
            NodeId primary = primary();
            OrderBook.Stored stored = stored(primary);
            List<String> differing = new ArrayList<>();
            for (LocalNode node : cluster.nodes()) {
                if (!node.id().equals(primary)) {
                    differing(node.id(), stored).ifPresent(differing::add);
                }
            }
            OrderBook.Verdict verdict = cluster.book().compare(stored);
            cluster.book().beginRound();
            return new Findings(
                    verdict.acknowledged(), verdict.lost(), verdict.duplicated(), verdict.neverSent(), differing);
        } finally {
            cluster.shop().resume();
        }
    }

    private NodeId primary() throws IOException {
        return cluster.watch()
                .newest()
                .flatMap(ClusterView::tenure)
                .map(tenure -> new NodeId(tenure.holder()))
                .orElseThrow(() -> new IOException("No agent ever told who is primary"));
    }

    private OrderBook.Stored stored(NodeId node) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return cluster.database()
                        .readBack(cluster.node(node).addresses().database());
            } catch (SQLException unreadable) {
                if (deadline - System.nanoTime() < 0) {
                    throw new IOException(
                            "The orders cannot be read back from " + node + ": " + unreadable.getMessage(), unreadable);
                }
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        }
    }

    /** How what a replica holds differs from the primary's, once it had time to replay; empty when it does not. */
    private Optional<String> differing(NodeId replica, OrderBook.Stored primary)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        OrderBook.Stored found = stored(replica);
        while (!found.equals(primary)) {
            if (deadline - System.nanoTime() < 0) {
                BitSet ids = (BitSet) found.ids().clone();
                ids.xor(primary.ids());
                return Optional.of(replica + " and the primary differ in the orders " + ids);
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            found = stored(replica);
        }
        return Optional.empty();
    }

    /** Ends the shop and every process of the nodes. */
    @Override
    public void close() throws IOException, InterruptedException {
        cluster.end();
    }
}
