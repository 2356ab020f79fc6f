package io.understudy.engines.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sessions for markers. Logging in takes longer than the marker itself, so one session is opened while the server is being
 * promoted, and one whose marker was confirmed is used again. Owned by the engine's thread.
 */
final class MarkerSessions {

    private static final Duration LOGIN_LIMIT = Duration.ofSeconds(2);

    private final Sessions sessions;
    private @Nullable CompletableFuture<Connection> spare;

    MarkerSessions(Sessions sessions) {
        this.sessions = sessions;
    }

    /** Opens one beside whatever comes next; a session that a replica let in goes on when it is promoted. */
    void prepare() {
        if (spare != null) {
            return;
        }
        CompletableFuture<Connection> coming = new CompletableFuture<>();
        spare = coming;
        Thread.ofVirtual().name("marker-login").start(() -> {
            try {
                coming.complete(open());
            } catch (SQLException refused) {
                coming.completeExceptionally(refused);
            }
        });
    }

    /** The one that was prepared, if it came, else a new one. */
    Connection take() throws SQLException {
        CompletableFuture<Connection> prepared = spare;
        spare = null;
        if (prepared != null) {
            Connection ready = prepared.exceptionally(refused -> null).join();
            if (ready != null) {
                return ready;
            }
        }
        return open();
    }

    /** The one that was prepared, if it is open by now. */
    Optional<Connection> takeIfOpen() {
        CompletableFuture<Connection> prepared = spare;
        if (prepared == null || !prepared.isDone() || prepared.isCompletedExceptionally()) {
            return Optional.empty();
        }
        spare = null;
        return Optional.of(prepared.join());
    }

    /** Keeps a session whose marker has ended well. */
    void giveBack(Connection session) {
        if (spare == null) {
            spare = CompletableFuture.completedFuture(session);
        } else {
            close(session);
        }
    }

    /** Called when the server is another one. */
    void forget() {
        CompletableFuture<Connection> prepared = spare;
        spare = null;
        if (prepared != null) {
            prepared.thenAccept(MarkerSessions::close);
        }
    }

    static void close(Connection session) {
        try {
            session.abort(Runnable::run);
        } catch (SQLException alreadyClosed) {
            // It was to be closed.
        }
    }

    private Connection open() throws SQLException {
        return sessions.open(Sessions.Waiting.FOR_CONFIRMATION, LOGIN_LIMIT);
    }
}
