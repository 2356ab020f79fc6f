package io.understudy.chaos.workload;

import io.understudy.chaos.lab.LabDatabase;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection that reads sums and lists, and notes what it was shown. Its own thread runs it. */
final class ReadClient implements Runnable {

    private static final String SUM = "select sum(balance) from accounts";
    private static final String LISTS = "select key, items from lists where key between %d and %d";

    private final String name;
    private final Way way;
    private final Workload workload;
    private final LabDatabase database;
    private final Track track;
    private volatile @Nullable Connection connection;

    ReadClient(String name, Way way, Workload workload, LabDatabase database, Track track) {
        this.name = name;
        this.way = way;
        this.workload = workload;
        this.database = database;
        this.track = track;
    }

    String name() {
        return name;
    }

    Way way() {
        return way;
    }

    Track track() {
        return track;
    }

    @Override
    public void run() {
        try {
            while (workload.pace() != Workload.Pace.ENDED) {
                if (workload.pace() == Workload.Pace.RUNNING) {
                    readOnce();
                }
                TimeUnit.NANOSECONDS.sleep(Workload.READ_RHYTHM.toNanos());
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } finally {
            drop();
        }
    }

    private void readOnce() {
        Optional<Endpoint> where = way.next();
        if (where.isEmpty()) {
            return;
        }
        int round = workload.round();
        try {
            Connection open = connection;
            if (open == null) {
                open = database.connect(where.get(), "chaos-" + name);
                connection = open;
            }
            try (Statement statement = open.createStatement()) {
                sum(statement);
                lists(statement, round);
            }
            track.count(Outcome.ACKNOWLEDGED, System.nanoTime());
        } catch (SQLException unavailable) {
            track.count(Outcome.REFUSED, System.nanoTime());
            way.failed();
            drop();
        }
    }

    private void sum(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(SUM)) {
            if (row.next() && row.getObject(1) != null) {
                workload.shown().sum(name, row.getLong(1));
            }
        }
    }

    private void lists(Statement statement, int round) throws SQLException {
        int first = round * Schema.LISTS;
        Map<Integer, int[]> lists = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(LISTS.formatted(first, first + Schema.LISTS - 1))) {
            while (rows.next()) {
                Integer[] items = (Integer[]) rows.getArray(2).getArray();
                lists.put(
                        rows.getInt(1),
                        Arrays.stream(items).mapToInt(Integer::intValue).toArray());
            }
        }
        workload.shown().lists(name, lists);
    }

    private void drop() {
        Connection held = connection;
        connection = null;
        if (held == null) {
            return;
        }
        try {
            held.abort(Runnable::run);
        } catch (SQLException alreadyClosed) {
            // Nothing of it is used any more.
            return;
        }
    }
}
