package io.understudy.chaos.faults;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.lab.Lab;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.NodeProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Where a fault happens, and whom it befalls, drawn at random.
 *
 * @param lab the nodes
 * @param random the run's
 * @param repairs of what happened before: a cause that takes its time waits there
 */
public record Scene(Lab lab, Random random, Repairs repairs) {

    /** The same with another source of what is drawn. */
    public Scene drawing(Random other) {
        return new Scene(lab, other, repairs);
    }

    /** Longer than anything is stopped for. */
    private static final Duration AGENT_ENDING = Duration.ofSeconds(12);

    /** Who is primary, or was last. */
    LocalNode primary() {
        return lab.primary();
    }

    /**
     * The same, with its agent, guard and server running.
     *
     * @throws IOException when one of them is missing: a fault would do nothing to it
     */
    LocalNode runningPrimary() throws IOException {
        LocalNode primary = primary();
        requireRunning(primary);
        return primary;
    }

    /**
     * Looks whether agent, guard and server of {@code node} run.
     *
     * @throws IOException when one of them is missing
     */
    static void requireRunning(LocalNode node) throws IOException {
        NodeProcesses found = node.processes();
        if (!node.hasAgent() || found.servers().isEmpty() || found.supervisors().size() < 2) {
            throw new IOException("Not all of " + node.id() + " runs: agents and guards " + found.supervisors()
                    + ", server processes " + found.servers());
        }
    }

    /**
     * Looks whether anything of one of {@code nodes} runs.
     *
     * @throws IOException when nothing does: a fault would hit nobody
     */
    static void requireAny(List<LocalNode> nodes) throws IOException {
        for (LocalNode node : nodes) {
            if (!node.processes().isEmpty()) {
                return;
            }
        }
        throw new IOException("Nothing of " + names(nodes) + " runs: nobody would be hit");
    }

    /** One of the others. */
    LocalNode replica() {
        return any(lab.replicas());
    }

    LocalNode anyNode() {
        return any(lab.nodes());
    }

    /** Who leads the Raft group; when nobody does, a replica. */
    LocalNode raftLeader() {
        return lab.raftLeader().orElseGet(this::replica);
    }

    private LocalNode any(List<LocalNode> nodes) {
        return nodes.get(random.nextInt(nodes.size()));
    }

    List<LocalNode> shuffled(List<LocalNode> nodes) {
        List<LocalNode> order = new ArrayList<>(nodes);
        Collections.shuffle(order, random);
        return order;
    }

    /** Any time up to {@code longest}. */
    Duration upTo(Duration longest) {
        return Duration.ofMillis(random.nextLong(longest.toMillis() + 1));
    }

    /** Waits within a repair, when no other is made. */
    static void sleep(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }

    /** Starts the agents of those that have none, as an init system would. */
    static void start(List<LocalNode> nodes) throws IOException {
        for (LocalNode node : nodes) {
            if (!node.hasAgent()) {
                node.start();
            }
        }
    }

    /**
     * Ends the agent, and starts another.
     *
     * @throws IOException when it does not end
     */
    void restartAgent(LocalNode node) throws IOException, InterruptedException, UnusableMachineException {
        // A repair that is due meanwhile may start another.
        List<Long> old = node.agentPids();
        node.tellAgentToEnd();
        if (!repairs.await(AGENT_ENDING, () -> Collections.disjoint(agents(node), old))) {
            throw new IOException("The agent of " + node.id() + " did not end within " + AGENT_ENDING.toSeconds()
                    + " s of being told to");
        }
        start(List.of(node));
    }

    private static List<Long> agents(LocalNode node) {
        try {
            return node.agentPids();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static Caused caused(List<LocalNode> nodes, String text, Duration lasts, Fault.Repair repair) {
        return new Caused(
                nodes.stream().map(node -> node.id().name()).toList(), text + " " + names(nodes), lasts, repair);
    }

    private static String names(List<LocalNode> nodes) {
        return nodes.stream().map(node -> node.id().name()).collect(Collectors.joining(" and "));
    }

    /** Waits until a tenure after {@code epoch} is open; returns false when that takes longer than {@code patience}. */
    boolean awaitOpenAfter(long epoch, Duration patience) throws InterruptedException, UnusableMachineException {
        return repairs.await(
                patience,
                () -> lab.tenure().epoch() > epoch && lab.tenure().phase().equals("open"));
    }
}
