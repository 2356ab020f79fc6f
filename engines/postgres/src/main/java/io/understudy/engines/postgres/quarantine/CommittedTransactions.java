package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Boundary;
import io.understudy.engines.EngineException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Counts the transactions that a server committed past a boundary, by their 64-bit ids. A transaction's committed
 * savepoints have ids of their own and count too.
 */
final class CommittedTransactions {

    /** Ids asked for in one statement, so that none of them runs long. */
    private static final int PER_STATEMENT = 50_000;
    /** Ids whose low half is below this are the server's own constants, not transactions, after every wrap as well. */
    private static final int FIRST_NORMAL_ID = 3;

    private static final String COUNT = """
            select count(*) filter (where status = 'committed'), count(*) filter (where status is null)
            from (select pg_xact_status(id::text::xid8) as status
                  from %s as id where id & 4294967295 >= %d offset 0) as ids""";
    private static final String OF_RANGE = COUNT.formatted("generate_series(?::bigint, ?::bigint)", FIRST_NORMAL_ID);
    private static final String OF_LIST = COUNT.formatted("unnest(?::bigint[])", FIRST_NORMAL_ID);

    private CommittedTransactions() {}

    static long since(Boundary fork, Connection connection) throws SQLException, EngineException {
        long end = firstUnused(connection);
        long committed = 0;
        try (PreparedStatement count = connection.prepareStatement(OF_RANGE)) {
            // Ends with the ids the server used; a step is as wide as one statement may be.
            for (long from = fork.nextTransactionId(); from < end; from += PER_STATEMENT) {
                count.setLong(1, from);
                count.setLong(2, Math.min(end, from + PER_STATEMENT) - 1);
                committed += result(count);
            }
        }
        List<Long> open = fork.inProgress().stream().filter(id -> id < end).toList();
        try (PreparedStatement count = connection.prepareStatement(OF_LIST)) {
            count.setArray(1, connection.createArrayOf("bigint", open.toArray()));
            return committed + result(count);
        }
    }

    /** No transaction with this id or a later one had ended. */
    private static long firstUnused(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select pg_snapshot_xmax(pg_current_snapshot())::text")) {
            rows.next();
            return Long.parseUnsignedLong(rows.getString(1));
        }
    }

    private static long result(PreparedStatement count) throws SQLException, EngineException {
        try (ResultSet rows = count.executeQuery()) {
            rows.next();
            if (rows.getLong(2) > 0) {
                throw new EngineException("The server no longer knows how " + rows.getLong(2)
                        + " transactions ended, expected all of the kept tail to be known; compare the rows instead");
            }
            return rows.getLong(1);
        }
    }
}
