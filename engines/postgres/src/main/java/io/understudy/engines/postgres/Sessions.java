package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.engines.postgres.replication.LoginProbe;
import io.understudy.engines.postgres.replication.Password;
import io.understudy.engines.postgres.replication.ReplicationSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.postgresql.Driver;

/** Opens the supervisor's own sessions. */
final class Sessions {

    /** How the supervisor's sessions name themselves. */
    static final String APPLICATION = "understudy";

    private static final String DATABASE = "postgres";

    private static final Driver DRIVER = new Driver();

    private final Endpoint endpoint;
    private final String password;

    Sessions(Endpoint endpoint, Roles roles) {
        this.endpoint = endpoint;
        this.password = roles.passwordOf(Roles.SUPERVISOR);
    }

    /** Whether a session waits for its commits to be confirmed. */
    enum Waiting {
        /** Its commits are acknowledged locally; every statement ends within the session's limit. */
        NEVER,
        /** Its commits wait like everybody's, for as long as it takes. */
        FOR_CONFIRMATION
    }

    /**
     * A new session.
     *
     * @param limit for connecting, and for each statement of a session that never waits
     */
    Connection open(Waiting waiting, Duration limit) throws SQLException {
        return open(endpoint, waiting, limit);
    }

    /** Logs in at this server as {@link #open} does, to see whether it still can. */
    LoginProbe probe(Duration limit) {
        return new LoginProbe(
                ReplicationSource.of(endpoint.host(), endpoint.port(), Roles.SUPERVISOR)
                        .withPassword(Password.of(password))
                        .withApplicationName(APPLICATION)
                        .withTimeouts(limit, limit),
                Map.of("database", DATABASE, "options", options(Waiting.NEVER, limit)));
    }

    /** A short session to another server with this data's logins. */
    Connection openAt(String host, int port) throws SQLException {
        return open(new Endpoint(host, port), Waiting.NEVER, ServerLink.LIMIT);
    }

    private Connection open(Endpoint endpoint, Waiting waiting, Duration limit) throws SQLException {
        long seconds = seconds(limit);
        boolean waits = waiting == Waiting.FOR_CONFIRMATION;
        Properties properties = new Properties();
        properties.setProperty("user", Roles.SUPERVISOR);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", APPLICATION);
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("connectTimeout", Long.toString(seconds));
        properties.setProperty("socketTimeout", Long.toString(seconds));
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("options", options(waiting, limit));
        String url = "jdbc:postgresql://" + bracketed(endpoint.host()) + ":" + endpoint.port() + "/" + DATABASE;
        Connection session = DRIVER.connect(url, properties);
        if (session == null) {
            throw new IllegalStateException("The driver does not take " + url);
        }
        if (waits) {
            session.setNetworkTimeout(Runnable::run, 0);
        }
        return session;
    }

    private static String options(Waiting waiting, Duration limit) {
        return "-c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=0 "
                + "-c default_transaction_read_only=off -c search_path=pg_catalog "
                + (waiting == Waiting.FOR_CONFIRMATION
                        ? "-c synchronous_commit=on -c statement_timeout=0"
                        : "-c synchronous_commit=local -c statement_timeout=" + seconds(limit) * 1000);
    }

    private static long seconds(Duration limit) {
        return Math.max(1, limit.toSeconds());
    }

    static String bracketed(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}
