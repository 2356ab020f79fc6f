package io.understudy.engines.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose commits wait for less than the replication mode says, because {@code ALTER ROLE} or {@code ALTER DATABASE} lowered {@code
 * synchronous_commit} for them. They are allowed to, and told of. Owned by the engine's thread.
 */
final class Exemptions {

    private static final Logger log = LoggerFactory.getLogger(Exemptions.class);

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

    /** Enough where nobody waits for a replica. */
    private static final String LOCAL = "array['remote_apply', 'remote_write', 'local', 'on', 'true', 'yes', '1']";

    private final Node node;
    private List<String> last = List.of();
    private long askedNanos = System.nanoTime() - EVERY.toNanos();

    Exemptions(Node node) {
        this.node = node;
    }

    /** As found at most five seconds ago, or as last found where the server does not answer this; the first twenty. */
    List<String> now() {
        if (System.nanoTime() - askedNanos >= EVERY.toNanos()) {
            askedNanos = System.nanoTime();
            try {
                last = ask();
            } catch (SQLException unanswered) {
                // It is for people: somebody who locks the catalogue must not make a primary look unwell.
                log.debug("Whose commits wait for less was not answered", unanswered);
            }
        }
        return last;
    }

    private List<String> ask() throws SQLException {
        String enough = node.live.synchronousCommit().equals("remote_apply") ? HIGHEST : HIGH;
        if (node.live.synchronousStandbyNames().isEmpty()) {
            enough = LOCAL;
        }
        List<String> found = new ArrayList<>();
        try (Statement statement = node.link.session().createStatement();
                ResultSet rows = statement.executeQuery(QUERY.formatted(enough, MOST))) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
