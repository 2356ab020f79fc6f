package io.understudy.cli.local;

import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Which node is primary, as the agents themselves tell when it changes; one that does not answer is asked again, more often after
 * a client met an error. Of several that say yes the one that began last is believed. Thread-safe.
 */
public final class PrimaryWatch implements AutoCloseable {

    private static final Duration BUSY = Duration.ofMillis(40);
    private static final Duration QUIET = Duration.ofMillis(400);
    private static final Duration SUSPICION = Duration.ofSeconds(10);

    private final Map<NodeId, Long> sayingYesSince = new HashMap<>();
    private final List<Consumer<Optional<NodeId>>> listeners = new CopyOnWriteArrayList<>();
    private final List<Thread> askers = new ArrayList<>();
    private Optional<NodeId> believed = Optional.empty();
    private long yeses;
    private long suspectedUntil = System.nanoTime();

    public PrimaryWatch(Map<NodeId, AgentClient> agents) {
        agents.forEach((node, agent) ->
                askers.add(Thread.ofVirtual().name("watch-" + node).unstarted(() -> ask(node, agent))));
    }

    public void start() {
        askers.forEach(Thread::start);
    }

    /** Called with every change of mind, on the asking thread. */
    public void onChange(Consumer<Optional<NodeId>> listener) {
        listeners.add(listener);
    }

    public synchronized Optional<NodeId> primary() {
        return believed;
    }

    /** A client met an error: ask more often for a while. */
    public synchronized void suspect() {
        boolean news = suspectedUntil - System.nanoTime() <= 0;
        suspectedUntil = System.nanoTime() + SUSPICION.toNanos();
        if (news) {
            // Once: asking at every error of every client would take from the agents the time that they need now.
            notifyAll();
        }
    }

    /** Waits for a change of mind, at most {@code longest}. */
    public synchronized void awaitChange(Duration longest) throws InterruptedException {
        wait(longest.toMillis());
    }

    @Override
    public void close() {
        askers.forEach(Thread::interrupt);
    }

    private void ask(NodeId node, AgentClient agent) {
        long known = 0;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                known = agent.awaitPrimaryOtherThan(known).epoch().orElse(0L);
                answered(node, known != 0);
            } catch (IOException | RequestRefusedException unanswered) {
                // Silence is no word against it: a client that can still reach its database goes on.
                suspect();
                if (!pause()) {
                    return;
                }
            }
        }
    }

    private void answered(NodeId node, boolean yes) {
        Optional<NodeId> now;
        synchronized (this) {
            if (!yes) {
                sayingYesSince.remove(node);
            } else if (!sayingYesSince.containsKey(node)) {
                sayingYesSince.put(node, ++yeses);
            }
            now = sayingYesSince.entrySet().stream()
                    .max(Map.Entry.comparingByValue())
                    .map(Map.Entry::getKey);
            if (now.equals(believed)) {
                return;
            }
            believed = now;
            notifyAll();
        }
        listeners.forEach(listener -> listener.accept(now));
    }

    /** Woken for no reason it only looks once more. */
    @SuppressWarnings("WaitNotInLoop")
    private synchronized boolean pause() {
        boolean busy = believed.isEmpty() || suspectedUntil - System.nanoTime() > 0;
        try {
            wait((busy ? BUSY : QUIET).toMillis());
            return true;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
