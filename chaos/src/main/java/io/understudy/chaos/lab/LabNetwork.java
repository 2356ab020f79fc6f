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

    /** Packets that are dropped until it ends; what another cut drops stays dropped. */
    @FunctionalInterface
    public interface Cut {
        void end() throws IOException, InterruptedException;
    }

    private record Rule(NodeId node, List<String> packets) {}

    /** What starts on {@code node} from now on is started through {@code wrapper}; empty for plainly. */
    public void wrap(NodeId node, List<String> wrapper) {
        wrappers.put(node, List.copyOf(wrapper));
    }

    /** Drops everything between {@code node} and everybody. */
    public Cut cut(NodeId node, Direction direction) throws IOException, InterruptedException {
        List<Rule> rules = new ArrayList<>();
        if (direction != Direction.OUTBOUND) {
            rules.add(new Rule(node, List.of("INPUT", "-i", "eth0")));
        }
        if (direction != Direction.INBOUND) {
            rules.add(new Rule(node, List.of("OUTPUT", "-o", "eth0")));
        }
        return made(rules);
    }

    @Override
    public void cut(NodeId node) throws IOException, InterruptedException {
        cut(node, Direction.BOTH);
    }

    /** Drops everything between {@code node} and each of {@code others}. */
    public Cut cut(NodeId node, Collection<NodeId> others) throws IOException, InterruptedException {
        List<Rule> rules = new ArrayList<>();
        for (NodeId other : others) {
            rules.addAll(between(node, host(other)));
        }
        return made(rules);
    }

    /** Drops everything between {@code node} and whoever is no node. */
    public Cut cutFromClients(NodeId node) throws IOException, InterruptedException {
        return made(between(node, namespaces.outsideHost()));
    }

    private static List<Rule> between(NodeId node, String host) {
        return List.of(new Rule(node, List.of("INPUT", "-s", host)), new Rule(node, List.of("OUTPUT", "-d", host)));
    }

    private Cut made(List<Rule> rules) throws IOException, InterruptedException {
        List<Rule> made = new ArrayList<>();
        try {
            for (Rule rule : rules) {
                filter(rule.node(), "-A", rule.packets());
                made.add(rule);
            }
        } catch (IOException failed) {
            end(made);
            throw failed;
        }
        return () -> end(made);
    }

    /** Of two cuts with the same rule each takes one away. */
    private void end(List<Rule> rules) throws IOException, InterruptedException {
        for (Rule rule : rules) {
            filter(rule.node(), "-D", rule.packets());
        }
    }

    /** Ends every cut of it. */
    @Override
    public void join(NodeId node) throws IOException, InterruptedException {
        run(node, List.of("-F"));
    }

    private void filter(NodeId node, String change, List<String> packets) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>();
        arguments.add(change);
        arguments.addAll(packets);
        arguments.addAll(List.of("-j", "DROP"));
        run(node, arguments);
    }

    private void run(NodeId node, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(FILTER);
        command.addAll(arguments);
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
