package io.understudy.engines.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose commits wait for less than the replication mode says, because {@code ALTER ROLE} or {@code ALTER DATABASE} lowered {@code
 * synchronous_commit} for them. They are allowed to, and told of. Owned by the engine's thread.
 */
final class Exemptions {

    private static final Duration EVERY = Duration.ofSeconds(5);
    private static final int MOST = 20;

    private static final String QUERY = """
            select case when s.setrole = 0 then 'everybody' else 'role ' || coalesce(r.rolname, s.setrole::text) end
                || case when s.setdatabase = 0 then '' else ' in database ' || coalesce(d.datname, s.setdatabase::text) end
                || ' (' || c.setting || ')'
              from pg_catalog.pg_db_role_setting s
                cross join lateral unnest(s.setconfig) c(setting)
                left join pg_catalog.pg_roles r on r.oid = s.setrole
                left join pg_catalog.pg_database d on d.oid = s.setdatabase
              where split_part(c.setting, '=', 1) = 'synchronous_commit'
                and lower(split_part(c.setting, '=', 2)) <> all (%s)
              order by 1 limit %d
            """;

    private static final String HIGHEST = "array['remote_apply']";
    private static final String HIGH = "array['remote_apply', 'on', 'true', 'yes', '1']";

    private final Node node;
    private List<String> last = List.of();
    private long askedNanos = System.nanoTime() - EVERY.toNanos();

    Exemptions(Node node) {
        this.node = node;
    }

    /** As found at most five seconds ago; the first twenty. */
    List<String> now() throws SQLException {
        if (System.nanoTime() - askedNanos >= EVERY.toNanos()) {
            last = ask();
            askedNanos = System.nanoTime();
        }
        return last;
    }

    private List<String> ask() throws SQLException {
        boolean applied = node.live.synchronousCommit().equals("remote_apply");
        List<String> found = new ArrayList<>();
        try (Statement statement = node.link.session().createStatement();
                ResultSet rows = statement.executeQuery(QUERY.formatted(applied ? HIGHEST : HIGH, MOST))) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
