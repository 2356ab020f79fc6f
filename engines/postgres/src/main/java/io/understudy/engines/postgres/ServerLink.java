package io.understudy.engines.postgres;

import io.understudy.engines.postgres.replication.LoginProbe;
import io.understudy.engines.postgres.replication.ReplicationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one session kept open to the server, and a look now and then at whether new ones are still let in. Owned by the
 * engine's thread.
 */
final class ServerLink implements AutoCloseable {

    /** How long a server that is well may take to answer the supervisor. */
    static final Duration LIMIT = Duration.ofSeconds(1);

    private static final Duration PROBE_EVERY = Duration.ofSeconds(5);
    private static final int PROBE_ATTEMPTS = 2;

    /** Of one attempt, as a whole: connecting, a new process of the server, proving the password. */
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(ServerLink.class);

    private final Sessions sessions;
    private final LoginProbe login;
    private final AtomicReference<Probe> probe = new AtomicReference<>(Probe.WELL);
    private long lastProbeNanos = System.nanoTime();
    private @Nullable Connection session;
    private @Nullable PreparedStatement question;

    ServerLink(Sessions sessions) {
        this.sessions = sessions;
        this.login = sessions.probe(PROBE_LIMIT);
    }

    /** What the last new session met. */
    private enum Probe {
        WELL,
        RUNNING,
        FAILED
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
            probe.set(Probe.WELL);
            lastProbeNanos = System.nanoTime();
        }
        return open;
    }

    /** Whether new sessions are let in, as far as was found out lately; asks again in the background now and then. */
    boolean letsIn() {
        Probe last = probe.get();
        if (last != Probe.RUNNING && System.nanoTime() - lastProbeNanos > PROBE_EVERY.toNanos()) {
            lastProbeNanos = System.nanoTime();
            probe.set(Probe.RUNNING);
            Thread.ofVirtual().name("postgres-probe").start(this::logIn);
        }
        return last != Probe.FAILED;
    }

    /** One refusal may be a moment's; who is refused twice in a row is taken at its word, and the server is restarted. */
    private void logIn() {
        for (int attempt = 1; attempt <= PROBE_ATTEMPTS; attempt++) {
            try {
                login.once();
                probe.compareAndSet(Probe.RUNNING, Probe.WELL);
                return;
            } catch (ReplicationException | RuntimeException refused) {
                log.warn(
                        "No new session was let in, attempt {} of {}: {}", attempt, PROBE_ATTEMPTS, refused.toString());
            }
        }
        probe.compareAndSet(Probe.RUNNING, Probe.FAILED);
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
