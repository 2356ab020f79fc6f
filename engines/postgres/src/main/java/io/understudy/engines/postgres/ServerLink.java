package io.understudy.engines.postgres;

import io.understudy.engines.postgres.replication.LoginProbe;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The one session kept open to the server, and a look now and then at whether new ones are still let in. Owned by the
 * engine's thread.
 */
final class ServerLink implements AutoCloseable {

    /** How long a server that is well may take to answer the supervisor. */
    static final Duration LIMIT = Duration.ofSeconds(1);

    /** Of one log-in, as a whole: connecting, a new process of the server, proving the password. */
    private static final Duration LOG_IN_LIMIT = Duration.ofSeconds(2);

    private final Sessions sessions;
    private final Admission admission;
    private @Nullable Connection session;
    private @Nullable PreparedStatement question;

    ServerLink(Sessions sessions) {
        this.sessions = sessions;
        LoginProbe probe = sessions.probe(LOG_IN_LIMIT);
        this.admission = new Admission(
                probe::once,
                System::nanoTime,
                task -> Thread.ofVirtual().name("postgres-probe").start(task));
    }

    boolean connected() {
        return session != null;
    }

    /** Looks at the server, connecting first where needed. A failure ends the session. */
    Glance glance() throws SQLException {
        try {
            PreparedStatement prepared = question;
            if (prepared == null) {
                prepared = Glance.prepare(session());
                question = prepared;
            }
            return Glance.read(prepared);
        } catch (SQLException failed) {
            close();
            throw failed;
        }
    }

    /** Whether the server is a replica still; asks for nothing else, because it is asked often while the server is busy. */
    boolean inRecovery() throws SQLException {
        try (Statement statement = session().createStatement();
                ResultSet answer = statement.executeQuery("select pg_is_in_recovery()")) {
            answer.next();
            return answer.getBoolean(1);
        }
    }

    /** Runs statements that answer nothing of interest. */
    void run(String sql) throws SQLException {
        try (Statement statement = session().createStatement()) {
            statement.execute(sql);
        }
    }

    /** The session; opened where needed. */
    Connection session() throws SQLException {
        Connection open = session;
        if (open == null || open.isClosed()) {
            question = null;
            open = sessions.open(Sessions.Waiting.NEVER, LIMIT);
            session = open;
            admission.letIn();
        }
        return open;
    }

    /** Whether new sessions are let in, as far as was found out lately. */
    boolean letsIn() {
        return admission.isOpen();
    }

    @Override
    public void close() {
        Connection open = session;
        session = null;
        question = null;
        if (open != null) {
            try {
                open.abort(Runnable::run);
            } catch (SQLException alreadyGone) {
                // It was to be gone.
                return;
            }
        }
    }
}
