package io.understudy.engines.postgres;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Ends the sessions on a replica that may keep its replay from finishing: every client's, because which one is not said. */
final class ReplayBlockers {

    private static final int MOST_NAMED = 20;

    private static final String END =
            "select format('process %s of %s (%s), from %s, in a transaction since %s', pid, usename,"
                    + " coalesce(nullif(application_name, ''), 'no application name'),"
                    + " coalesce(host(client_addr) || ':' || client_port, 'a local socket'), xact_start),"
                    + " pg_terminate_backend(pid)"
                    + " from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
                    + " and (backend_xmin is not null or state <> 'idle')"
                    // Replay that is merely busy is kept from finishing by nobody.
                    + " and exists (select from pg_stat_activity where backend_type = 'startup'"
                    + " and (wait_event_type in ('Lock', 'BufferPin') or wait_event like 'RecoveryConflict%'))";

    private final Node node;

    ReplayBlockers(Node node) {
        this.node = node;
    }

    /** Who was ended is in the journal, without what they had asked. */
    void end() throws SQLException, IOException {
        if (!node.link.glance().standby()) {
            return;
        }
        List<String> ended = new ArrayList<>();
        try (Statement statement = node.link.session().createStatement();
                ResultSet rows = statement.executeQuery(END)) {
            while (rows.next()) {
                ended.add(rows.getString(1));
            }
        }
        if (!ended.isEmpty()) {
            String more = ended.size() > MOST_NAMED ? "; and " + (ended.size() - MOST_NAMED) + " more" : "";
            node.journal.noted(
                    "EndedSessions",
                    node.state.promised(),
                    String.join("; ", ended.subList(0, Math.min(MOST_NAMED, ended.size()))) + more);
        }
    }
}
