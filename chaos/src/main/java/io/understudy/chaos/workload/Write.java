package io.understudy.chaos.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** One kind of write. */
enum Write {
    IDS {
        @Override
        Answer send(Connection connection, int id, int round) throws SQLException {
            connection.setAutoCommit(true);
            try (PreparedStatement insert = connection.prepareStatement(Schema.INSERT_ID)) {
                insert.setInt(1, id);
                return answer(insert);
            }
        }
    },
    LISTS {
        @Override
        Answer send(Connection connection, int id, int round) throws SQLException {
            connection.setAutoCommit(true);
            try (PreparedStatement append = connection.prepareStatement(Schema.APPEND)) {
                append.setInt(1, round * Schema.LISTS + id % Schema.LISTS);
                append.setInt(2, id);
                return answer(append);
            }
        }
    },
    BALANCES {
        @Override
        Answer send(Connection connection, int id, int round) throws SQLException {
            String server;
            try {
                connection.setAutoCommit(false);
                move(connection, Schema.TAKE, id, Schema.payer(id));
                move(connection, Schema.GIVE, id, Schema.payee(id));
                try (PreparedStatement transfer = connection.prepareStatement(Schema.TRANSFER)) {
                    transfer.setInt(1, id);
                    server = answer(transfer).server();
                }
            } catch (SQLException before) {
                rollBack(connection);
                throw new NeverCommittedException(before);
            }
            connection.clearWarnings();
            connection.commit();
            return new Answer(server, connection.getWarnings() == null);
        }
    };

    /**
     * Sends the write of id {@code id}, and waits for its answer.
     *
     * @param round appends go to lists of their own in each round
     * @throws NeverCommittedException if it failed before a commit was asked for
     */
    abstract Answer send(Connection connection, int id, int round) throws SQLException;

    /**
     * What a server said.
     *
     * @param server its address
     * @param clean whether it said so without a warning: a cancelled wait for confirmation answers success, with a warning, and that
     *     is no acknowledgement
     */
    record Answer(String server, boolean clean) {}

    /** A transaction failed before a commit was asked for, so it was never done. */
    static final class NeverCommittedException extends SQLException {
        private static final long serialVersionUID = 1;

        NeverCommittedException(SQLException cause) {
            super(cause.getMessage(), cause.getSQLState(), cause);
        }
    }

    private static void move(Connection connection, String sql, int id, int account) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setInt(1, Schema.amount(id));
            update.setInt(2, account);
            update.executeUpdate();
        }
    }

    private static Answer answer(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("A write answered without its row");
            }
            return new Answer(row.getString(1), statement.getWarnings() == null);
        }
    }

    private static void rollBack(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException broken) {
            // The connection is given up by the caller.
            return;
        }
    }
}
