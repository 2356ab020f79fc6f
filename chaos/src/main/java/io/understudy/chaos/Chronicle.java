package io.understudy.chaos;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.chaos.judge.Judge.Chosen;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.report.ChaosReport.LagPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** What is seen of the cluster from outside over the whole run: who was chosen, when each opened, and lag. Thread-safe. */
final class Chronicle implements AutoCloseable {

    private static final Duration RHYTHM = Duration.ofMillis(100);
    private static final Duration LAG_RHYTHM = Duration.ofSeconds(1);

    private final Lab lab;
    private final long began = System.nanoTime();
    private final Map<Long, Chosen> chosen = new TreeMap<>();
    private final Map<Long, Change> changes = new TreeMap<>();
    private final Set<Long> accused = new HashSet<>();
    private final Map<Long, Long> opened = new TreeMap<>();
    private final List<LagPoint> lag = new ArrayList<>();
    private final Thread looking = Thread.ofVirtual().name("chronicle").unstarted(this::run);
    private long lagDue = began;

    Chronicle(Lab lab) {
        this.lab = lab;
    }

    void start() {
        looking.start();
    }

    private void run() {
        try {
            while (true) {
                lab.watch().newest(RHYTHM.multipliedBy(5)).ifPresent(this::note);
                TimeUnit.NANOSECONDS.sleep(RHYTHM.toNanos());
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void note(ClusterView view) {
        long now = System.nanoTime();
        Optional<TenureView> tenure = view.tenure();
        tenure.ifPresent(seen -> {
            chosen.putIfAbsent(seen.epoch(), new Chosen(seen.epoch(), seen.holder(), now));
            if (seen.phase().equals("open")) {
                opened.putIfAbsent(seen.epoch(), now);
            }
        });
        if (now - lagDue >= 0) {
            lagDue = now + LAG_RHYTHM.toNanos();
            view.nodes()
                    .forEach(node ->
                            node.lagBytes().ifPresent(bytes -> lag.add(new LagPoint(node.node(), millis(now), bytes))));
        }
    }

    /** Asks for the changes of primary and why they were: an agent remembers the last ones only, so this is to be done now and then. */
    void noteChanges() {
        List<Change> told = lab.changes();
        synchronized (this) {
            told.forEach(change -> changes.put(change.epoch(), change));
        }
    }

    /** The epochs that were seen to begin and of which no cause and reason were told, each once. */
    List<Long> unexplained() {
        // One that begins from now on may not be told yet.
        List<Chosen> began = chosen();
        noteChanges();
        List<Long> news = new ArrayList<>();
        synchronized (this) {
            for (Chosen one : began) {
                Change change = changes.get(one.epoch());
                boolean explained = change != null
                        && !change.cause().isBlank()
                        && !change.reason().isBlank();
                if (!explained && accused.add(one.epoch())) {
                    news.add(one.epoch());
                }
            }
        }
        return news;
    }

    /** By epoch, as far as they were noted. */
    synchronized Map<Long, Change> changes() {
        return Map.copyOf(changes);
    }

    /** Oldest first. */
    synchronized List<Chosen> chosen() {
        return List.copyOf(chosen.values());
    }

    /** When the tenure of {@code epoch} was first seen to be open, in milliseconds since the beginning; empty when it never was. */
    synchronized Optional<Long> openedMillis(long epoch) {
        return Optional.ofNullable(opened.get(epoch)).map(this::millis);
    }

    synchronized List<LagPoint> lag() {
        return List.copyOf(lag);
    }

    /** On {@link System#nanoTime}. */
    long beganNanos() {
        return began;
    }

    /** {@code nanos}, on {@link System#nanoTime}, in milliseconds since the beginning. */
    long millis(long nanos) {
        return Math.max(0, (nanos - began) / 1_000_000);
    }

    @Override
    public void close() {
        looking.interrupt();
    }
}
