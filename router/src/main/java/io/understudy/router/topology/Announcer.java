package io.understudy.router.topology;

import io.understudy.router.topology.Topology.Unknown;
import io.understudy.router.topology.TopologySource.Subscription;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners what is believed, one after the other, on a thread of its own. Thread-safe. */
final class Announcer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Announcer.class);

    /** A listener that is this far behind misses the oldest changes: the newest says all that counts. */
    static final int MOST_PENDING = 64;

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread = Thread.ofVirtual().name("topology").unstarted(this::announce);
    private Topology current = new Unknown();

    void start() {
        thread.start();
    }

    synchronized Subscription subscribe(Consumer<Topology> told) {
        Listener listener = new Listener(told);
        if (!(current instanceof Unknown)) {
            listener.pending.add(current);
            notifyAll();
        }
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    synchronized void changed(Topology now) {
        current = now;
        for (Listener listener : listeners) {
            if (listener.pending.size() == MOST_PENDING) {
                listener.pending.removeFirst();
            }
            listener.pending.addLast(now);
        }
        notifyAll();
    }

    private void announce() {
        try {
            while (true) {
                Delivery next = next();
                try {
                    next.to().told.accept(next.news());
                } catch (RuntimeException broken) {
                    log.error("A listener broke at {}; it is told the next change again", next.news(), broken);
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private record Delivery(Listener to, Topology news) {}

    private synchronized Delivery next() throws InterruptedException {
        while (true) {
            for (Listener listener : listeners) {
                Topology news = listener.pending.pollFirst();
                if (news != null) {
                    return new Delivery(listener, news);
                }
            }
            wait();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private static final class Listener {
        private final Consumer<Topology> told;

        /** Guarded by the announcer. */
        private final Deque<Topology> pending = new ArrayDeque<>();

        private Listener(Consumer<Topology> told) {
            this.told = told;
        }
    }
}
