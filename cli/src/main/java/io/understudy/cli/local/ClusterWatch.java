package io.understudy.cli.local;

import io.understudy.agent.api.ClusterView;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The cluster as its agents tell it, asked a few times a second; every change is narrated. One thread asks, others read
 * the newest view.
 */
public final class ClusterWatch implements AutoCloseable {

    private static final Duration RHYTHM = Duration.ofMillis(200);

    /** While nobody waits for what comes next. */
    private static final Duration LEISURELY = Duration.ofSeconds(1);

    private final List<AgentClient> agents;
    private final Narrator narrator;
    private final Thread asker = Thread.ofVirtual().name("cluster-watch").unstarted(this::run);
    private Optional<ClusterView> newest = Optional.empty();
    private long askedNanos;
    private long takenNanos;
    private int next;
    private volatile Duration rhythm = RHYTHM;

    public ClusterWatch(List<AgentClient> agents, Narrator narrator) {
        this.agents = List.copyOf(agents);
        this.narrator = narrator;
    }

    public void start() {
        asker.start();
    }

    /** The newest answer of a Raft leader; empty before the first. */
    public synchronized Optional<ClusterView> newest() {
        return newest;
    }

    /** The newest answer, unless it is older than {@code age}. */
    public synchronized Optional<ClusterView> newest(Duration age) {
        return newest.filter(view -> System.nanoTime() - takenNanos <= age.toNanos());
    }

    /**
     * Whether every node has reported since {@code sinceNanos}. Before that, what a view says of a node may be the last word of
     * an agent that was killed.
     */
    public synchronized boolean allHeardSince(long sinceNanos) {
        return newest.filter(view -> Health.allHeard(view, Duration.ofNanos(askedNanos - sinceNanos)))
                .isPresent();
    }

    /** From now on it is enough to tell what happened within a second. */
    public void slowDown() {
        rhythm = LEISURELY;
    }

    @Override
    public void close() {
        asker.interrupt();
    }

    private void run() {
        try {
            while (true) {
                askOnce();
                TimeUnit.NANOSECONDS.sleep(rhythm.toNanos());
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void askOnce() {
        try {
            long asked = System.nanoTime();
            ClusterView view = agents.get(next).cluster();
            if (view.source() == ClusterView.Source.LEADER) {
                take(view, asked);
                return;
            }
        } catch (IOException | RequestRefusedException unanswered) {
            // The next one is asked instead.
        }
        next = (next + 1) % agents.size();
    }

    private void take(ClusterView view, long asked) {
        Optional<ClusterView> before;
        synchronized (this) {
            if (newest.filter(held -> held.ledgerVersion() > view.ledgerVersion())
                    .isPresent()) {
                return;
            }
            before = newest;
            newest = Optional.of(view);
            askedNanos = asked;
            takenNanos = System.nanoTime();
        }
        TopologyChanges.between(before, view).forEach(narrator::say);
    }
}
