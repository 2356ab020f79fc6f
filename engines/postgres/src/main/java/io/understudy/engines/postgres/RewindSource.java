package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Position;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import org.postgresql.Driver;

/** The primary a node is rewound to, through a login that may read its files and do nothing else. */
final class RewindSource implements AutoCloseable {

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    private static final int CHUNK_BYTES = 1 << 20;
    /** The role that lets others than superusers ask for a checkpoint exists since. */
    private static final int CHECKPOINT_SINCE = 15;

    private static final Driver DRIVER = new Driver();

    private final Connection session;

    private RewindSource(Connection session) {
        this.session = session;
    }

    static RewindSource connect(Endpoint endpoint, Roles roles) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", Roles.REWIND);
        properties.setProperty("password", roles.passwordOf(Roles.REWIND));
        properties.setProperty("ApplicationName", Roles.REWIND);
        properties.setProperty("sslmode", "prefer");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("connectTimeout", Long.toString(CONNECT_LIMIT.toSeconds()));
        properties.setProperty("socketTimeout", Long.toString(ANSWER_LIMIT.toSeconds()));
        properties.setProperty("options", "-c synchronous_commit=local -c search_path=pg_catalog");
        String url = "jdbc:postgresql://" + Sessions.bracketed(endpoint.host()) + ":" + endpoint.port() + "/postgres";
        Connection session = DRIVER.connect(url, properties);
        if (session == null) {
            throw new IllegalStateException("The driver does not take " + url);
        }
        return new RewindSource(session);
    }

    /** What a role needs to be this login, in the order in which it is given. */
    static String grants(int major) {
        return "grant execute on function pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean),"
                + " pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean) to \""
                + Roles.REWIND + "\""
                + (major >= CHECKPOINT_SINCE ? "; grant pg_checkpoint to \"" + Roles.REWIND + "\"" : "");
    }

    /**
     * Where its log is on disk; after a checkpoint, where this login may ask for one, so that the server's control file
     * names the timeline it writes.
     */
    Position checkpointed(int major) throws SQLException {
        if (major >= CHECKPOINT_SINCE) {
            try (Statement statement = session.createStatement()) {
                statement.execute("checkpoint");
            }
        }
        return position("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
    }

    /** Writes one record and returns where the log is on disk then: a whole record ends there, or before. */
    Position written() throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute("select pg_logical_emit_message(true, 'understudy', 'rewound')");
        }
        return position("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
    }

    /** The timeline it writes. */
    int timeline() throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(
                        "select ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int")) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Copies one file of its log. */
    void copyLog(String segment, long bytes, OutputStream to) throws SQLException, IOException {
        try (PreparedStatement read =
                session.prepareStatement("select pg_read_binary_file('pg_wal/' || ?, ?, ?, false)")) {
            for (long at = 0; at < bytes; at += CHUNK_BYTES) {
                read.setString(1, segment);
                read.setLong(2, at);
                read.setLong(3, Math.min(CHUNK_BYTES, bytes - at));
                try (ResultSet row = read.executeQuery()) {
                    row.next();
                    to.write(row.getBytes(1));
                }
            }
        }
    }

    private Position position(String sql) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new Position(row.getBigDecimal(1).longValueExact());
        }
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }
}
