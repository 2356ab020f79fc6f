package io.understudy.chaos.steps;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.InSyncView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.chaos.lab.KeptLogs;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.demo.OpenShop;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.cli.local.Network;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A cluster of real processes with its shop, whose agents can be attached to. One thread. */
final class Field implements AutoCloseable {

    private static final Duration FRESH = Duration.ofSeconds(1);

    private final LocalDirectory directory;
    private final PrintWriter told;
    private final OpenShop shop;
    private final Map<NodeId, Integer> debugPorts = new HashMap<>();

    private Field(LocalDirectory directory, Optional<Path> installation) throws IOException {
        this.directory = directory;
        told = new PrintWriter(
                Files.newBufferedWriter(directory.root().resolve("told.log"), StandardCharsets.UTF_8), true);
        shop = OpenShop.layOut(directory, installation, new Narrator(told));
        List<Integer> ports = new Network.Loopback().ports(shop.nodes().size());
        for (int i = 0; i < ports.size(); i++) {
            debugPorts.put(shop.nodes().get(i).id(), ports.get(i));
            debug(shop.nodes().get(i), Start.AT_ONCE);
        }
    }

    /** How an agent starts. */
    private enum Start {
        AT_ONCE,
        /** Before it does anything it waits for a debugger. */
        HELD
    }

    /**
     * Forms a cluster whose nodes are all healthy and whose shop trades.
     *
     * @param installation of PostgreSQL; empty for the embedded one
     * @throws IOException when it does not form; where its logs are kept is told
     */
    static Field form(Optional<Path> installation, Path keep)
            throws IOException, UnusableMachineException, InterruptedException {
        LocalDirectory directory = LocalDirectory.make(Optional.empty());
        Field field = new Field(directory, installation);
        boolean formed = false;
        try {
            formed = field.shop.open();
            if (!formed) {
                throw new IOException("The cluster did not form. Its logs: " + field.keepLogs(keep));
            }
            return field;
        } finally {
            if (!formed) {
                field.close();
            }
        }
    }

    private void debug(LocalNode node, Start start) {
        node.jvmOptions(List.of("-agentlib:jdwp=transport=dt_socket,server=y,quiet=y,suspend="
                + (start == Start.HELD ? "y" : "n") + ",address=127.0.0.1:" + debugPort(node.id())));
    }

    int debugPort(NodeId node) {
        return Optional.ofNullable(debugPorts.get(node)).orElseThrow();
    }

    List<LocalNode> nodes() {
        return shop.nodes();
    }

    LocalNode node(NodeId node) {
        return shop.node(node.name());
    }

    /** All but {@code nodes}. */
    List<LocalNode> others(LocalNode... nodes) {
        return shop.nodes().stream()
                .filter(node -> !List.of(nodes).contains(node))
                .toList();
    }

    LocalNode primary() throws IOException {
        return shop.node(
                tenure().map(TenureView::holder).orElseThrow(() -> new IOException("No agent told who is primary")));
    }

    /** Where a node keeps its data. */
    Path data(LocalNode node) {
        return directory.node(node.id().name()).resolve("data");
    }

    void start(LocalNode node) throws IOException {
        debug(node, Start.AT_ONCE);
        node.start();
    }

    /** The agent does nothing before somebody attaches to it. */
    void startHeld(LocalNode node) throws IOException {
        debug(node, Start.HELD);
        node.start();
    }

    /** Starts the agents that are not there. */
    void startAll() throws IOException {
        for (LocalNode node : nodes()) {
            if (!node.hasAgent()) {
                start(node);
            }
        }
    }

    /** The newest tenure, whatever its age. */
    Optional<TenureView> tenure() {
        return shop.watch().newest().flatMap(ClusterView::tenure);
    }

    /** Whether a later tenure than {@code epoch} is open, its in-sync set settled, and every writer answered since. */
    boolean isOpenAfter(long epoch, long sinceNanos) {
        return isOpen(sinceNanos)
                && tenure().filter(tenure -> tenure.epoch() > epoch).isPresent();
    }

    /** Whether a tenure is open, its in-sync set settled, and every writer was answered since. */
    boolean isOpen(long sinceNanos) {
        Optional<ClusterView> view = shop.watch().newest(FRESH);
        return view.flatMap(ClusterView::tenure)
                        .filter(tenure -> tenure.phase().equals("open"))
                        .isPresent()
                && view.flatMap(ClusterView::inSync)
                        .filter(set -> !set.changing())
                        .isPresent()
                && shop.tradesSince(sinceNanos);
    }

    /** How many members the in-sync set has, while it is not changing; none while it is. */
    int inSyncMembers() {
        return shop.watch()
                .newest(FRESH)
                .flatMap(ClusterView::inSync)
                .filter(set -> !set.changing())
                .map(InSyncView::target)
                .map(set -> set.members().size())
                .orElse(0);
    }

    /** Whether every node is healthy and has reported since, and every writer was answered since. */
    boolean isWhole(long sinceNanos) {
        return shop.watch()
                        .newest(FRESH)
                        .filter(view -> Health.problems(view).isEmpty())
                        .isPresent()
                && shop.watch().allHeardSince(sinceNanos)
                && shop.tradesSince(sinceNanos);
    }

    /** What is not well, in words. */
    String problems() {
        return shop.watch()
                .newest(FRESH)
                .map(view -> Health.problems(view).isEmpty()
                        ? "writes do not come back, or a node has not reported since"
                        : String.join("; ", Health.problems(view))
                                + view.decision()
                                        .map(decision -> " (" + decision.rule() + ": " + decision.reason() + ")")
                                        .orElse(""))
                .orElse("no Raft leader answers");
    }

    OpenShop.Findings readBack() throws IOException, InterruptedException {
        return shop.readBack();
    }

    /** Writes a line among those that the cluster tells. */
    void note(String line) {
        told.println("        ---  " + line);
    }

    /** Copies all logs below {@code place}; returns where they are. */
    Path keepLogs(Path place) throws IOException {
        return KeptLogs.copy(directory.root(), place);
    }

    /** Ends every process and removes everything. */
    @Override
    public void close() throws IOException, InterruptedException {
        shop.close();
        told.close();
        directory.remove();
    }
}
