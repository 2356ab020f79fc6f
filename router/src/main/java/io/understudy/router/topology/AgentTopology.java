package io.understudy.router.topology;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.AgentHttp.Member;
import io.understudy.router.topology.AgentHttp.Members;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is primary, as the agents say of their own nodes over their HTTP API, and the own agent, where there is one, without it. Every
 * node is asked by a question that its agent answers when there is news. Agents that were not configured are learnt from those
 * that were. Thread-safe; it remembers nothing across a restart.
 *
 * @see Beliefs what follows from contradicting words
 */
public final class AgentTopology implements TopologySource, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AgentTopology.class);

    /** How often it is asked who is in the cluster, besides at every change of primary. */
    static final Duration MEMBERS_EVERY = Duration.ofSeconds(30);

    /** The same until somebody told. */
    static final Duration MEMBERS_AGAIN = Duration.ofMillis(500);

    /** Those beyond are not asked; a cluster is far smaller. */
    static final int MOST_AGENTS = 64;

    private final AgentHttp http;
    private final Set<Endpoint> configured;
    private final Duration membersEvery;
    private final Pace pace = new Pace(System::nanoTime);
    private final Announcer announcer = new Announcer();
    private final Thread members = Thread.ofVirtual().name("asks-for-members").unstarted(this::askForMembers);
    private final Optional<OwnNode> own;
    private final Optional<Asker> ownAsker;
    private final Map<Endpoint, Asker> askers = new LinkedHashMap<>();
    private final Beliefs beliefs = new Beliefs();
    private boolean membersWanted;
    private boolean closed;

    private AgentTopology(String cluster, List<Endpoint> agents, Optional<OwnNode> own, Duration membersEvery) {
        this.http = new AgentHttp(cluster);
        this.configured = Set.copyOf(agents);
        this.own = own;
        this.ownAsker = own.map(node -> new Asker(NodeVoice.of(node), pace, this::heard));
        this.membersEvery = membersEvery;
    }

    /**
     * Begins to ask, from outside the agents.
     *
     * @param cluster whose name the agents must give
     * @param agents HTTP APIs of some of its agents; the others are learnt from them
     */
    public static AgentTopology watch(String cluster, List<Endpoint> agents) {
        return started(cluster, agents, Optional.empty(), MEMBERS_EVERY);
    }

    /**
     * Begins to ask, from inside an agent.
     *
     * @param own the node of that agent
     * @param others HTTP APIs of other agents; those that are not named are learnt
     */
    public static AgentTopology watchFrom(OwnNode own, String cluster, List<Endpoint> others) {
        return started(cluster, others, Optional.of(own), MEMBERS_EVERY);
    }

    static AgentTopology started(String cluster, List<Endpoint> agents, Optional<OwnNode> own, Duration membersEvery) {
        if (agents.isEmpty() && own.isEmpty()) {
            throw new IllegalArgumentException("no agent is named, expected one at least");
        }
        AgentTopology topology = new AgentTopology(cluster, agents, own, membersEvery);
        topology.announcer.start();
        topology.ownAsker.ifPresent(Asker::start);
        agents.forEach(topology::askAt);
        topology.members.start();
        return topology;
    }

    @Override
    public Subscription subscribe(Consumer<Topology> listener) {
        return announcer.subscribe(listener);
    }

    @Override
    public void suspect() {
        pace.trouble();
    }

    /** Where agents are asked over HTTP, for people to see. */
    public synchronized List<Endpoint> agents() {
        return List.copyOf(askers.keySet());
    }

    private synchronized void askAt(Endpoint api) {
        if (closed || askers.containsKey(api)) {
            return;
        }
        if (askers.size() == MOST_AGENTS) {
            log.warn("The agent at {} is not asked: {} are, which is the most", api, MOST_AGENTS);
            return;
        }
        Asker asker = new Asker(http.voice(api), pace, this::heard);
        askers.put(api, asker);
        asker.start();
    }

    private synchronized void heard(NodeWord word) {
        Topology before = beliefs.topology();
        if (closed || !beliefs.heard(word)) {
            return;
        }
        Topology now = beliefs.topology();
        log.info("{} (before: {}), by the word of {}", words(now), words(before), word.node());
        pace.believed(now);
        if (!(now instanceof Topology.Primary)) {
            pace.trouble();
        }
        announcer.changed(now);
        membersWanted = true;
        notifyAll();
    }

    private static String words(Topology topology) {
        return switch (topology) {
            case Topology.Unknown _ -> "nothing is known";
            case Topology.NoPrimary _ -> "no node is primary";
            case Topology.Primary primary ->
                "%s is primary of epoch %s at %s".formatted(primary.node(), primary.epoch(), primary.database());
        };
    }

    private void askForMembers() {
        try {
            boolean told = false;
            while (true) {
                awaitDue(told ? membersEvery : MEMBERS_AGAIN);
                told = askOneForMembers() || told;
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void awaitDue(Duration pause) throws InterruptedException {
        long due = System.nanoTime() + pause.toNanos();
        long left = pause.toNanos();
        while (!membersWanted && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = due - System.nanoTime();
        }
        membersWanted = false;
    }

    /** Of those that answer, the first that knows; returns whether one did. */
    private boolean askOneForMembers() throws InterruptedException {
        for (Endpoint api : answering()) {
            try {
                take(http.members(api));
                return true;
            } catch (IOException silent) {
                log.debug("Who is in the cluster was not learnt from {}", api, silent);
            }
        }
        return false;
    }

    private synchronized List<Endpoint> answering() {
        return askers.entrySet().stream()
                .filter(entry -> entry.getValue().answering().isPresent())
                .map(Map.Entry::getKey)
                .toList();
    }

    private synchronized void take(Members found) {
        Set<NodeId> answering = askers.values().stream()
                .flatMap(asker -> asker.answering().stream())
                .collect(Collectors.toSet());
        own.map(OwnNode::node).ifPresent(answering::add);
        for (Member member : found.agents()) {
            // Asked already, perhaps at another address of its own.
            if (!answering.contains(member.node())) {
                askAt(member.api());
            }
        }
        if (found.complete()) {
            Set<Endpoint> current = found.agents().stream().map(Member::api).collect(Collectors.toSet());
            List<Endpoint> gone = new ArrayList<>(askers.keySet());
            gone.removeIf(api -> configured.contains(api) || current.contains(api));
            gone.forEach(this::askNoMoreAt);
        }
    }

    private void askNoMoreAt(Endpoint api) {
        Asker asker = askers.remove(api);
        if (asker != null) {
            log.info("The agent at {} is of this cluster no more", api);
            asker.close();
        }
    }

    /** Asks nobody any more and tells nobody anything. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            askers.values().forEach(Asker::close);
        }
        ownAsker.ifPresent(Asker::close);
        members.interrupt();
        announcer.close();
        http.close();
    }
}
