package io.understudy.engines.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGConnection;

/** One commit that waits as everybody's commits do, in a session of its own. */
final class Marker {

    private final Connection session;
    private final int backend;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

    private Marker(Connection session, int backend) {
        this.session = session;
        this.backend = backend;
    }

    private enum Outcome {
        CONFIRMED,
        /** It ended with a warning or an error: nobody confirmed it. */
        UNCONFIRMED
    }

    static Marker commit(Connection session) throws SQLException {
        Marker marker = new Marker(session, session.unwrap(PGConnection.class).getBackendPID());
        Thread.ofVirtual().name("marker").start(marker::write);
        return marker;
    }

    private void write() {
        try (Statement statement = session.createStatement()) {
            statement.execute("select pg_logical_emit_message(true, 'understudy', 'marker')");
            // A wait that was given up is reported by a warning alone.
            outcome.complete(statement.getWarnings() == null ? Outcome.CONFIRMED : Outcome.UNCONFIRMED);
        } catch (SQLException ended) {
            outcome.complete(Outcome.UNCONFIRMED);
        }
    }

    boolean ended() {
        return outcome.isDone();
    }

    boolean confirmed() {
        return outcome.getNow(Outcome.UNCONFIRMED) == Outcome.CONFIRMED;
    }

    /** Whether the server says that this commit waits to be confirmed. */
    boolean seenWaiting(Connection supervisor) throws SQLException {
        try (PreparedStatement question = supervisor.prepareStatement(
                "select count(*) from pg_stat_get_activity(?) where wait_event = 'SyncRep'")) {
            question.setInt(1, backend);
            try (ResultSet answer = question.executeQuery()) {
                answer.next();
                return answer.getInt(1) == 1;
            }
        }
    }

    /** Ends the session, or gives it back when all went well; a commit that still waits stays unconfirmed. */
    void end(ServerLink link, MarkerSessions sessions) {
        if (confirmed()) {
            sessions.giveBack(session);
            return;
        }
        if (!ended()) {
            try {
                link.run("select pg_terminate_backend(" + backend + ")");
            } catch (SQLException serverUnwell) {
                // It ends with the server then.
                close();
            }
        }
        close();
    }

    void close() {
        MarkerSessions.close(session);
    }
}
