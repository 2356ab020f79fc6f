package io.understudy.cli.demo;

import io.understudy.cli.local.PrimaryWatch;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The demonstration's load: four connections place 200 orders a second in all on whatever node is primary, and one
 * connection for each other node reads a customer's order history.
 */
final class Shop implements AutoCloseable {

    /** As DESIGN's probe: connections, and inserts a second in all. */
    static final int WRITERS = 4;

    private static final int ORDERS_A_SECOND = 200;
    private static final Duration READ_RHYTHM = Duration.ofMillis(100);
    private static final Duration PAUSE_PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final int CUSTOMERS = 50;

    private final OrderBook book;
    private final ShopDatabase database;
    private final Map<NodeId, Endpoint> addresses;
    private final PrimaryWatch watch;
    private final List<Writer> writers = new ArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong reads = new AtomicLong();
    private volatile Trade trade = Trade.PAUSED;

    Shop(OrderBook book, ShopDatabase database, Map<NodeId, Endpoint> addresses, PrimaryWatch watch) {
        this.book = book;
        this.database = database;
        this.addresses = Map.copyOf(addresses);
        this.watch = watch;
    }

    /** Whether orders are placed. */
    enum Trade {
        OPEN,
        PAUSED,
        CLOSED
    }

    /** Starts the threads; nothing is placed until {@link #resume}. */
    void start() {
        Duration rhythm = Duration.ofSeconds(1).multipliedBy(WRITERS).dividedBy(ORDERS_A_SECOND);
        for (int number = 1; number <= WRITERS; number++) {
            Writer writer = new Writer(number, rhythm, book, database, this::address, watch, threads);
            writers.add(writer);
            watch.onChange(writer::primaryIs);
            threads.execute(writer);
        }
        addresses.forEach((node, where) -> threads.execute(() -> readFrom(node, where)));
    }

    void resume() {
        become(Trade.OPEN);
    }

    /** Stops placing orders; an order that is not answered in time is given up as unknown. */
    void pause() throws InterruptedException {
        become(Trade.PAUSED);
        long deadline = System.nanoTime() + PAUSE_PATIENCE.toNanos();
        while (writers.stream().anyMatch(Writer::isPlacing)) {
            if (deadline - System.nanoTime() <= 0) {
                writers.forEach(Writer::giveUp);
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    /** How many order histories replicas served. */
    long reads() {
        return reads.get();
    }

    @Override
    public void close() {
        become(Trade.CLOSED);
        threads.shutdownNow();
    }

    private void become(Trade next) {
        trade = next;
        writers.forEach(writer -> writer.trade(next));
    }

    private Endpoint address(NodeId node) {
        return Optional.ofNullable(addresses.get(node))
                .orElseThrow(() -> new IllegalArgumentException(node + " is none of " + addresses.keySet()));
    }

    private void readFrom(NodeId node, Endpoint where) {
        Connection held = null;
        int customer = 0;
        while (trade != Trade.CLOSED && !Thread.currentThread().isInterrupted()) {
            if (trade == Trade.OPEN && !watch.primary().equals(Optional.of(node))) {
                customer = (customer + 1) % CUSTOMERS;
                held = read(held, where, customer);
            }
            try {
                TimeUnit.NANOSECONDS.sleep(READ_RHYTHM.toNanos());
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }
        close(held);
    }

    private @Nullable Connection read(@Nullable Connection held, Endpoint where, int customer) {
        Connection open = held;
        try {
            open = open == null ? database.connect(where, "shop-reader") : open;
            try (PreparedStatement history = open.prepareStatement(ShopDatabase.HISTORY)) {
                history.setInt(1, customer);
                try (ResultSet rows = history.executeQuery()) {
                    if (rows.next() && rows.getBoolean(1)) {
                        reads.incrementAndGet();
                    }
                }
            }
            return open;
        } catch (SQLException unavailable) {
            close(open);
            return null;
        }
    }

    private static void close(@Nullable Connection held) {
        try {
            if (held != null) {
                held.abort(Runnable::run);
            }
        } catch (SQLException alreadyClosed) {
            // Nothing of it is used any more.
            return;
        }
    }
}
