package io.understudy.chaos.workload;

import io.understudy.chaos.lab.LabDatabase;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * One connection that writes. Its own thread runs it; {@link #look} may be called by another. After an error another write is sent,
 * on another connection, a little later.
 */
final class WriteClient implements Runnable {

    private static final Duration LOOK = Duration.ofMillis(10);

    private final int number;
    private final Write write;
    private final Way way;
    private final Workload workload;
    private final LabDatabase database;
    private final Executor threads;
    private final Track track;
    private final Duration retry;
    private volatile @Nullable Session session;
    private volatile boolean writing;
    private volatile long lastAcknowledged = System.nanoTime();

    WriteClient(
            int number,
            Write write,
            Way way,
            Workload workload,
            LabDatabase database,
            Executor threads,
            Track track,
            Duration retry) {
        this.number = number;
        this.write = write;
        this.way = way;
        this.workload = workload;
        this.database = database;
        this.threads = threads;
        this.track = track;
        this.retry = retry;
    }

    private record Session(Endpoint where, Connection connection) {}

    String name() {
        return write.name().toLowerCase(Locale.ROOT) + "-" + number;
    }

    Write write() {
        return write;
    }

    Way way() {
        return way;
    }

    Track track() {
        return track;
    }

    /** On {@link System#nanoTime}; when it was made, before the first. */
    long lastAcknowledged() {
        return lastAcknowledged;
    }

    /** Whether a write is under way. */
    boolean isWriting() {
        return writing;
    }

    /** Gives up on a write whose server has a successor. */
    void look() {
        Session held = session;
        if (held != null && way.isOutdated(held.where)) {
            abort(held.connection);
        }
    }

    /** Gives up on the write under way, if any. */
    void giveUp() {
        Session held = session;
        if (held != null) {
            abort(held.connection);
        }
    }

    @Override
    public void run() {
        long due = System.nanoTime();
        try {
            while (workload.pace() != Workload.Pace.ENDED) {
                writing = true;
                boolean done = workload.pace() == Workload.Pace.RUNNING && writeOne();
                writing = false;
                long now = System.nanoTime();
                due = done ? Math.max(due + Workload.RHYTHM.toNanos(), now) : now + retry.toNanos();
                TimeUnit.NANOSECONDS.sleep(Math.max(0, due - now));
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } finally {
            writing = false;
            drop();
        }
    }

    private boolean writeOne() throws InterruptedException {
        Session at = open();
        if (at == null) {
            return false;
        }
        Book book = workload.book();
        int id = book.send(number);
        long sent = System.nanoTime();
        try {
            Write.Answer answer = write.send(at.connection, id, workload.round());
            long now = System.nanoTime();
            if (!answer.clean()) {
                settle(id, Outcome.UNKNOWN, "a warning");
                drop();
                return false;
            }
            book.acknowledged(id, now);
            lastAcknowledged = now;
            track.count(Outcome.ACKNOWLEDGED, now);
            workload.acknowledgements().note(answer.server(), sent);
            return true;
        } catch (SQLException failed) {
            settle(id, isRefusal(failed) ? Outcome.REFUSED : Outcome.UNKNOWN, words(failed));
            way.failed();
            drop();
            return false;
        }
    }

    private void settle(int id, Outcome outcome, String why) {
        if (outcome == Outcome.REFUSED) {
            workload.book().refused(id, why);
        } else {
            workload.book().unknown(id);
        }
        track.count(outcome, System.nanoTime());
    }

    private static String words(SQLException failed) {
        return failed.getSQLState() + ": " + failed.getMessage();
    }

    /**
     * Whether an error says that nothing was done. What a server or router says of itself going away does not; nor does 40003, which
     * says that nobody knows.
     */
    static boolean isRefusal(SQLException failed) {
        if (failed instanceof Write.NeverCommittedException) {
            return true;
        }
        if (!(failed instanceof PSQLException told)) {
            return false;
        }
        ServerErrorMessage message = told.getServerErrorMessage();
        String state = message == null ? null : message.getSQLState();
        return state != null
                && !state.equals("40003")
                && switch (state.substring(0, 2)) {
                    case "22", "23", "25", "40", "42", "53" -> true;
                    default -> false;
                };
    }

    private @Nullable Session open() throws InterruptedException {
        Session held = session;
        if (held != null) {
            return held;
        }
        Optional<Endpoint> where = way.next();
        if (where.isEmpty()) {
            return null;
        }
        Connection made = connect(where.get());
        if (made == null) {
            return null;
        }
        Session fresh = new Session(where.get(), made);
        session = fresh;
        return fresh;
    }

    /** Connects from another thread, so that a server that does not answer cannot hold this one up when there is a successor. */
    private @Nullable Connection connect(Endpoint where) throws InterruptedException {
        CompletableFuture<Connection> attempt = CompletableFuture.supplyAsync(() -> login(where), threads);
        while (workload.pace() == Workload.Pace.RUNNING) {
            try {
                return attempt.get(LOOK.toNanos(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException refused) {
                track.count(Outcome.REFUSED, System.nanoTime());
                way.failed();
                return null;
            } catch (TimeoutException notYet) {
                if (way.isOutdated(where)) {
                    break;
                }
            }
        }
        var _ = attempt.thenAccept(WriteClient::abort);
        return null;
    }

    private Connection login(Endpoint where) {
        try {
            return database.connect(where, "chaos-" + name());
        } catch (SQLException refused) {
            throw new CompletionException(refused);
        }
    }

    private void drop() {
        Session held = session;
        session = null;
        if (held != null) {
            abort(held.connection);
        }
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException alreadyClosed) {
            // Nothing of it is used any more.
            return;
        }
    }
}
