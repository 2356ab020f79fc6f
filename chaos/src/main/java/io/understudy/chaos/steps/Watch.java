package io.understudy.chaos.steps;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Looks at the agents of some nodes: every moment is noted, and whoever comes first to the one that is waited for is held there.
 * Thread-safe.
 */
final class Watch implements AutoCloseable {

    /** Of whichever node decides for the cluster. */
    static final String RAFT_LEADER = "Raft leader";

    private final Map<NodeId, String> roles;
    private final Predicate<Seen> wanted;
    private final List<HeldAgent> agents = new ArrayList<>();
    private final List<Seen> seen = new ArrayList<>();
    private final Map<String, Integer> times = new HashMap<>();
    private Optional<Seen> held = Optional.empty();
    private boolean over;

    /** @param wanted whom to hold; of those the first */
    Watch(Map<NodeId, String> roles, Predicate<Seen> wanted) {
        this.roles = Map.copyOf(roles);
        this.wanted = wanted;
    }

    /**
     * A moment that a node came to.
     *
     * @param time the how manieth time that a node of this role did, from 1
     */
    record Seen(NodeId node, String role, Moment moment, int time) {}

    /** Looks at a node that has a role; at others not. */
    void look(NodeId node, int debugPort) throws IOException, InterruptedException {
        String role = roles.get(node);
        if (role != null) {
            agents.add(HeldAgent.attach(node.name(), debugPort, moment -> at(node, role, moment)));
        }
    }

    private synchronized HeldAgent.Answer at(NodeId node, String ownRole, Moment moment) {
        if (over || held.isPresent()) {
            return HeldAgent.Answer.GO_ON;
        }
        String role = moment.isDecision() ? RAFT_LEADER : ownRole;
        Seen now = new Seen(node, role, moment, times.merge(role + " " + moment, 1, Integer::sum));
        seen.add(now);
        if (!wanted.test(now)) {
            return HeldAgent.Answer.GO_ON;
        }
        held = Optional.of(now);
        return HeldAgent.Answer.HOLD;
    }

    /** Whom it holds. */
    synchronized Optional<Seen> held() {
        return held;
    }

    /** All moments so far, in order. */
    synchronized List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** Lets go of all. */
    @Override
    public void close() throws InterruptedException {
        synchronized (this) {
            over = true;
        }
        for (HeldAgent agent : agents) {
            agent.close();
        }
    }
}
