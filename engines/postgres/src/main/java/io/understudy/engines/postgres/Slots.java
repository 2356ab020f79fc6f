package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * One physical slot for every other member, on every node: a new primary already holds what the others may still lack. A
 * replica moves its own along behind its replay; how much log they may hold is bounded by the server's settings.
 */
final class Slots {

    private static final Duration EVERY = Duration.ofSeconds(10);
    private static final long KEEP_BYTES = 64L << 20;

    private final Node node;
    private boolean made;
    private long lastNanos = System.nanoTime();

    Slots(Node node) {
        this.node = node;
    }

    /** The server is another one: look again at once. */
    void forget() {
        made = false;
    }

    /** Makes what is missing at once, and moves along what lags now and then. */
    void keep(Glance glance) throws SQLException {
        boolean due = System.nanoTime() - lastNanos > EVERY.toNanos();
        if (made && !due) {
            return;
        }
        lastNanos = System.nanoTime();
        Set<String> found = existing();
        for (NodeId member : node.settings.members()) {
            if (!member.equals(node.self()) && !found.contains(Roles.slotOf(member))) {
                node.link.run("select pg_create_physical_replication_slot('" + Roles.slotOf(member) + "', true)");
            }
        }
        made = true;
        if (glance.standby()) {
            advance(glance);
        }
    }

    private void advance(Glance glance) throws SQLException {
        long target = glance.position().value() - KEEP_BYTES;
        if (target > 0) {
            node.link.run("select pg_replication_slot_advance(slot_name, '0/0'::pg_lsn + " + target
                    + ") from pg_replication_slots where slot_type = 'physical' and active_pid is null"
                    + " and slot_name like 'u%' and restart_lsn < '0/0'::pg_lsn + " + target
                    + " and wal_status in ('reserved', 'extended')");
        }
    }

    private Set<String> existing() throws SQLException {
        Set<String> found = new HashSet<>();
        try (Statement statement = node.link.session().createStatement();
                ResultSet rows = statement.executeQuery(
                        "select slot_name from pg_replication_slots where wal_status is distinct from 'lost'")) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
