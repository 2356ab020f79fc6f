package io.understudy.engines.postgres;

import java.sql.SQLException;

/** Ends the sessions on a replica that may keep its replay from finishing: every client's, because which one is not said. */
final class ReplayBlockers {

    private final Node node;

    ReplayBlockers(Node node) {
        this.node = node;
    }

    void end() throws SQLException {
        if (!node.link.glance().standby()) {
            return;
        }
        node.link.run("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'"
                + " and pid <> pg_backend_pid() and (backend_xmin is not null or state <> 'idle')");
    }
}
