package io.understudy.chaos.lab;

import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.Namespaces;
import io.understudy.cli.local.Network;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every node in a network namespace of its own, with a packet filter there ({@code iptables}) that drops what is to be cut: the link
 * stays up and nobody is told. Clients are outside of all of them.
 */
public final class LabNetwork implements Network {

    private static final List<String> FILTER = List.of("iptables", "--wait");

    private final Namespaces namespaces;
    private final Map<NodeId, List<String>> wrappers = new ConcurrentHashMap<>();

    private LabNetwork(Namespaces namespaces) {
        this.namespaces = namespaces;
    }

    static LabNetwork make(List<NodeId> nodes) throws UnusableMachineException, IOException, InterruptedException {
        return new LabNetwork(Namespaces.make("chaos", nodes));
    }

    /** The direction, seen from the node, in which packets are dropped. */
    public enum Direction {
        INBOUND,
        OUTBOUND,
        BOTH
    }

    /** What starts on {@code node} from now on is started through {@code wrapper}; empty for plainly. */
    public void wrap(NodeId node, List<String> wrapper) {
        wrappers.put(node, List.copyOf(wrapper));
    }

    /** Drops everything between {@code node} and everybody. */
    public void cut(NodeId node, Direction direction) throws IOException, InterruptedException {
        if (direction != Direction.OUTBOUND) {
            filter(node, "-A", "INPUT", "-i", "eth0", "-j", "DROP");
        }
        if (direction != Direction.INBOUND) {
            filter(node, "-A", "OUTPUT", "-o", "eth0", "-j", "DROP");
        }
    }

    @Override
    public void cut(NodeId node) throws IOException, InterruptedException {
        cut(node, Direction.BOTH);
    }

    /** Drops everything between {@code node} and each of {@code others}. */
    public void cut(NodeId node, Collection<NodeId> others) throws IOException, InterruptedException {
        for (NodeId other : others) {
            cutFrom(node, host(other));
        }
    }

    /** Drops everything between {@code node} and whoever is no node. */
    public void cutFromClients(NodeId node) throws IOException, InterruptedException {
        cutFrom(node, namespaces.outsideHost());
    }

    private void cutFrom(NodeId node, String host) throws IOException, InterruptedException {
        filter(node, "-A", "INPUT", "-s", host, "-j", "DROP");
        filter(node, "-A", "OUTPUT", "-d", host, "-j", "DROP");
    }

    @Override
    public void join(NodeId node) throws IOException, InterruptedException {
        filter(node, "-F");
    }

    private void filter(NodeId node, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(FILTER);
        command.addAll(List.of(arguments));
        Programs.run(namespaces.on(node, command));
    }

    @Override
    public String host(NodeId node) {
        return namespaces.host(node);
    }

    @Override
    public List<Integer> ports(int count) {
        return namespaces.ports(count);
    }

    @Override
    public List<String> on(NodeId node, List<String> command) {
        List<String> whole = new ArrayList<>(wrappers.getOrDefault(node, List.of()));
        whole.addAll(command);
        return namespaces.on(node, whole);
    }

    @Override
    public void close() {
        namespaces.close();
    }
}
