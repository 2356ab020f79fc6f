package io.understudy.cli.demo;

import io.understudy.cli.local.PrimaryWatch;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the shop that places orders. Its own thread runs it; {@link #primaryIs} may be called by another. After
 * an error the order's fate is unknown and another order is sent, 50 ms later.
 */
final class Writer implements Runnable {

    private static final Duration RETRY = Duration.ofMillis(50);
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final int CUSTOMERS = 50;

    private final int number;
    private final Duration rhythm;
    private final OrderBook book;
    private final ShopDatabase database;
    private final Function<NodeId, Endpoint> addresses;
    private final PrimaryWatch watch;
    private final Executor threads;
    private volatile @Nullable Session session;
    private volatile boolean placing;
    private volatile Shop.Trade trade = Shop.Trade.PAUSED;

    Writer(
            int number,
            Duration rhythm,
            OrderBook book,
            ShopDatabase database,
            Function<NodeId, Endpoint> addresses,
            PrimaryWatch watch,
            Executor threads) {
        this.number = number;
        this.rhythm = rhythm;
        this.book = book;
        this.database = database;
        this.addresses = addresses;
        this.watch = watch;
        this.threads = threads;
    }

    private record Session(NodeId node, Connection connection, PreparedStatement place) {}

    void trade(Shop.Trade next) {
        trade = next;
    }

    /** Whether an order is under way. */
    boolean isPlacing() {
        return placing;
    }

    /** Somebody is primary: an answer from anybody else is not waited for any longer. */
    void primaryIs(Optional<NodeId> primary) {
        Session held = session;
        if (held != null && primary.isPresent() && !held.node.equals(primary.get())) {
            abort(held);
        }
    }

    /** Gives up on the order under way, if any. */
    void giveUp() {
        Session held = session;
        if (held != null) {
            abort(held);
        }
    }

    @Override
    public void run() {
        long due = System.nanoTime();
        try {
            while (trade != Shop.Trade.CLOSED) {
                if (trade == Shop.Trade.PAUSED) {
                    TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                    continue;
                }
                placing = true;
                boolean answered = trade == Shop.Trade.OPEN && placeOne();
                placing = false;
                long now = System.nanoTime();
                due = answered ? Math.max(due + rhythm.toNanos(), now) : now + RETRY.toNanos();
                TimeUnit.NANOSECONDS.sleep(Math.max(0, due - now));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            placing = false;
            drop();
        }
    }

    /** Whether an order was sent and answered well. */
    private boolean placeOne() throws InterruptedException {
        Optional<Session> open = open();
        if (open.isEmpty()) {
            return false;
        }
        Session at = open.get();
        int id = book.send();
        try {
            at.place.setInt(1, id);
            at.place.setInt(2, id % CUSTOMERS);
            at.place.setString(3, at.node.name());
            at.place.executeUpdate();
            // A cancelled wait for confirmation answers success, with a warning: that is no acknowledgement.
            boolean clean = at.place.getWarnings() == null;
            if (clean) {
                book.acknowledged(number, id, System.nanoTime());
            } else {
                at.place.clearWarnings();
            }
            return clean;
        } catch (SQLException failed) {
            watch.suspect();
            drop();
            return false;
        }
    }

    private Optional<Session> open() throws InterruptedException {
        Session held = session;
        if (held != null) {
            return Optional.of(held);
        }
        Optional<NodeId> primary = watch.primary();
        while (primary.isEmpty() && trade == Shop.Trade.OPEN) {
            watch.awaitChange(RETRY);
            primary = watch.primary();
        }
        if (primary.isEmpty()) {
            return Optional.empty();
        }
        Optional<Session> made = connect(primary.get());
        made.ifPresent(fresh -> session = fresh);
        return made;
    }

    /** Connects from another thread, so that a server that does not answer cannot hold this one up. */
    private Optional<Session> connect(NodeId node) throws InterruptedException {
        CompletableFuture<Session> attempt = CompletableFuture.supplyAsync(() -> login(node), threads);
        while (trade != Shop.Trade.CLOSED) {
            try {
                return Optional.of(attempt.get(LOOK.toNanos(), TimeUnit.NANOSECONDS));
            } catch (ExecutionException refused) {
                watch.suspect();
                return Optional.empty();
            } catch (TimeoutException notYet) {
                if (watch.primary().filter(other -> !other.equals(node)).isPresent()) {
                    break;
                }
            }
        }
        var _ = attempt.thenAccept(Writer::abort);
        return Optional.empty();
    }

    private Session login(NodeId node) {
        try {
            Connection connection = database.connect(addresses.apply(node), "shop-writer-" + number);
            return new Session(node, connection, connection.prepareStatement(ShopDatabase.PLACE));
        } catch (SQLException refused) {
            throw new CompletionException(refused);
        }
    }

    private void drop() {
        Session held = session;
        session = null;
        if (held != null) {
            abort(held);
        }
    }

    private static void abort(Session held) {
        try {
            held.connection.abort(Runnable::run);
        } catch (SQLException alreadyClosed) {
            // Nothing of it is used any more.
            return;
        }
    }
}
