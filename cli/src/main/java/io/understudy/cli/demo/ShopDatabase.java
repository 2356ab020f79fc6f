package io.understudy.cli.demo;

import io.understudy.cli.local.ClientDatabase;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The shop's database: how to log in and what is in it.
 *
 * @param password of the role {@code shop}, which owns it
 */
record ShopDatabase(String password) {

    static final String NAME = "shop";

    /** Longer than any pause that a client should wait out; an order without an answer by then is unknown. */
    private static final int ANSWER_SECONDS = 10;

    private static final int FETCH_ROWS = 10_000;

    /** What a new cluster runs once; each statement by itself. */
    List<String> bootstrap() {
        return database().bootstrap();
    }

    /** What the shop makes for itself. No unique index: a row that is there twice must be seen. */
    static final List<String> SCHEMA = List.of(
            "create table if not exists orders(id integer not null, customer integer not null,"
                    + " node text not null, placed_at timestamptz not null default clock_timestamp())",
            "create index if not exists orders_by_customer on orders(customer)");

    static final String PLACE = "insert into orders(id, customer, node) values (?, ?, ?)";
    static final String HISTORY =
            "select pg_is_in_recovery(), count(*), coalesce(max(id), 0) from orders where customer = ?";

    Connection connect(Endpoint where, String application) throws SQLException {
        return database().connect(where, application);
    }

    private ClientDatabase database() {
        return new ClientDatabase(NAME, NAME, password, ANSWER_SECONDS);
    }

    /** For people: how to look into {@code where}. */
    String psql(Endpoint where) {
        return "PGPASSWORD=" + password + " psql -h " + where.host() + " -p " + where.port() + " -U shop " + NAME;
    }

    void createSchema(Endpoint primary) throws SQLException {
        try (Connection connection = connect(primary, "shop-setup");
                Statement statement = connection.createStatement()) {
            for (String sql : SCHEMA) {
                statement.execute(sql);
            }
        }
    }

    /** Reads every order back. */
    OrderBook.Stored readBack(Endpoint primary) throws SQLException {
        BitSet ids = new BitSet();
        List<Integer> duplicated = new ArrayList<>();
        try (Connection connection = connect(primary, "shop-audit")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(FETCH_ROWS);
                try (ResultSet rows = statement.executeQuery("select id, count(*) from orders group by id")) {
                    while (rows.next()) {
                        ids.set(rows.getInt(1));
                        if (rows.getLong(2) > 1) {
                            duplicated.add(rows.getInt(1));
                        }
                    }
                }
            }
            connection.rollback();
        }
        return new OrderBook.Stored(ids, duplicated);
    }
}
