package io.understudy.chaos.judge;

import io.understudy.chaos.lab.LabDatabase;
import io.understudy.chaos.workload.Schema;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a server holds.
 *
 * @param ids of single rows and of transfers
 * @param transfers the ids of transfers alone
 * @param doubled ids of either that are there more than once, or in a list more than once
 * @param lists every list by its key
 * @param balances every account's, in order
 */
record Stored(BitSet ids, BitSet transfers, List<Integer> doubled, Map<Integer, int[]> lists, List<Long> balances) {

    private static final int FETCH_ROWS = 10_000;

    Stored {
        doubled = List.copyOf(doubled);
        lists = Map.copyOf(lists);
        balances = List.copyOf(balances);
    }

    /** Reads it all at once. */
    static Stored read(LabDatabase database, Endpoint where) throws SQLException {
        BitSet ids = new BitSet();
        BitSet transfers = new BitSet();
        List<Integer> doubled = new ArrayList<>();
        Map<Integer, int[]> lists = new HashMap<>();
        List<Long> balances = new ArrayList<>();
        try (Connection connection = database.connect(where, "chaos-audit")) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(FETCH_ROWS);
                ids(statement, "ids", ids, doubled);
                ids(statement, "transfers", transfers, doubled);
                try (ResultSet rows = statement.executeQuery("select key, items from lists")) {
                    while (rows.next()) {
                        Integer[] items = (Integer[]) rows.getArray(2).getArray();
                        lists.put(
                                rows.getInt(1),
                                Arrays.stream(items).mapToInt(Integer::intValue).toArray());
                    }
                }
                try (ResultSet rows = statement.executeQuery("select balance from accounts order by account")) {
                    while (rows.next()) {
                        balances.add(rows.getLong(1));
                    }
                }
            }
            connection.rollback();
        }
        ids.or(transfers);
        lists.values().forEach(items -> listed(items, ids, doubled));
        return new Stored(ids, transfers, doubled, lists, balances);
    }

    private static void ids(Statement statement, String table, BitSet ids, List<Integer> doubled) throws SQLException {
        try (ResultSet rows = statement.executeQuery("select id, count(*) from " + table + " group by id")) {
            while (rows.next()) {
                ids.set(rows.getInt(1));
                if (rows.getLong(2) > 1) {
                    doubled.add(rows.getInt(1));
                }
            }
        }
    }

    private static void listed(int[] items, BitSet ids, List<Integer> doubled) {
        for (int id : items) {
            if (ids.get(id)) {
                doubled.add(id);
            }
            ids.set(id);
        }
    }

    /** What the balances have to be for these transfers. */
    List<Long> expectedBalances() {
        long[] expected = new long[Schema.ACCOUNTS];
        Arrays.fill(expected, Schema.OPENING_BALANCE);
        transfers.stream().forEach(id -> {
            expected[Schema.payer(id)] -= Schema.amount(id);
            expected[Schema.payee(id)] += Schema.amount(id);
        });
        return Arrays.stream(expected).boxed().toList();
    }

    /** Whether another server holds the same. */
    boolean isSameAs(Stored other) {
        return ids.equals(other.ids)
                && transfers.equals(other.transfers)
                && balances.equals(other.balances)
                && lists.keySet().equals(other.lists.keySet())
                && lists.entrySet().stream()
                        .allMatch(entry -> Arrays.equals(entry.getValue(), other.lists.get(entry.getKey())));
    }
}
