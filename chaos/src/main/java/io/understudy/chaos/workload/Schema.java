package io.understudy.chaos.workload;

import io.understudy.chaos.lab.LabDatabase;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What clients write to: single rows of unique ids, lists that are appended to, and accounts between which money is moved. No unique
 * index: what is there twice must be seen. Who acknowledges says its own address.
 */
public final class Schema {

    public static final int ACCOUNTS = 10;
    public static final int OPENING_BALANCE = 1_000;
    static final int LISTS = 4;

    static final String SERVER = "host(inet_server_addr())";
    static final String INSERT_ID = "insert into ids(id) values (?) returning " + SERVER;
    static final String APPEND =
            "insert into lists as l values (?, array[?]) on conflict (key) do update set items = l.items || excluded.items"
                    + " returning " + SERVER;
    static final String TAKE = "update accounts set balance = balance - ? where account = ?";
    static final String GIVE = "update accounts set balance = balance + ? where account = ?";
    static final String TRANSFER = "insert into transfers(id) values (?) returning " + SERVER;

    private static final List<String> STATEMENTS = List.of(
            "create table if not exists ids(id integer not null)",
            "create table if not exists transfers(id integer not null)",
            "create table if not exists lists(key integer primary key, items integer[] not null)",
            "create table if not exists accounts(account integer primary key, balance bigint not null)",
            "insert into accounts select account, " + OPENING_BALANCE + " from generate_series(0, " + (ACCOUNTS - 1)
                    + ") account on conflict do nothing");

    private Schema() {}

    /** Makes it, if it is not there. */
    public static void make(LabDatabase database, Endpoint primary) throws SQLException {
        try (Connection connection = database.connect(primary, "chaos-setup");
                Statement statement = connection.createStatement()) {
            for (String sql : STATEMENTS) {
                statement.execute(sql);
            }
        }
    }

    /** Who pays in the transfer of id {@code id}. */
    public static int payer(int id) {
        return id % ACCOUNTS;
    }

    /** Who is paid; never the payer. */
    public static int payee(int id) {
        return (payer(id) + 1 + id / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS;
    }

    public static int amount(int id) {
        return 1 + id % 7;
    }
}
