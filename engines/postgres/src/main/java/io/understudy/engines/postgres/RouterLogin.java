package io.understudy.engines.postgres;

import io.understudy.core.cluster.Epoch;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to the routers' login in a cluster that was made before it had one: once a tenure, when it is open, because nothing is written
 * that the failover would wait for. Owned by the engine's thread.
 */
final class RouterLogin {

    private static final Logger log = LoggerFactory.getLogger(RouterLogin.class);

    /** Which columns of the catalogue of roles, in the database {@code postgres} alone; nobody else is given anything. */
    static final String GRANT =
            "grant select (rolname, rolpassword, rolvaliduntil, rolcanlogin) on pg_catalog.pg_authid to \""
                    + Roles.ROUTER + "\"";

    private static final String MISSING = "select pg_is_in_recovery(),"
            + " (select count(*) from pg_catalog.pg_authid where rolname = '" + Roles.ROUTER + "'),"
            + " (select count(*) from pg_catalog.pg_authid where rolname = '" + Roles.ROUTER
            + "' and has_column_privilege(oid, 'pg_catalog.pg_authid', 'rolpassword', 'select')"
            + " and has_column_privilege(oid, 'pg_catalog.pg_authid', 'rolvaliduntil', 'select'))";

    /** After a failure. */
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final Node node;
    private Epoch seen = Epoch.NONE;
    private boolean reloadDue;
    private long failedNanos = System.nanoTime() - AGAIN.toNanos();

    RouterLogin(Node node) {
        this.node = node;
    }

    static String creation(String verifier) {
        return "create role \"" + Roles.ROUTER + "\" login password " + verifier;
    }

    /** Makes what is missing in the primary of {@code epoch}; never throws for anything the database does. */
    void ensure(Epoch epoch) {
        if (seen.equals(epoch) || !node.link.connected() || System.nanoTime() - failedNanos < AGAIN.toNanos()) {
            return;
        }
        try {
            if (look()) {
                seen = epoch;
            }
        } catch (SQLException | IOException failed) {
            failedNanos = System.nanoTime();
            log.warn(
                    "The login {} of node {} could not be seen to and is again in {} s; routers cannot look up passwords there"
                            + " if it is missing: {}",
                    Roles.ROUTER,
                    node.self(),
                    AGAIN.toSeconds(),
                    failed.getMessage());
        }
    }

    /** Returns whether all is there; a server that is no primary has nothing written to it. */
    private boolean look() throws SQLException, IOException {
        boolean role;
        boolean rights;
        try (Statement statement = node.link.session().createStatement();
                ResultSet row = statement.executeQuery(MISSING)) {
            row.next();
            if (row.getBoolean(1)) {
                return false;
            }
            role = row.getInt(2) > 0;
            rights = row.getInt(3) > 0;
        }
        if (!role) {
            node.link.run(creation(Initialising.verifier(node.roles, Roles.ROUTER)));
        }
        if (!rights) {
            node.link.run(GRANT);
        }
        if (!role || !rights) {
            node.journal.noted("RouterLogin", node.state.promised(), "made what was missing of " + Roles.ROUTER);
        }
        reloadDue |= node.files.writeAccess(node.data());
        if (reloadDue) {
            node.link.run("select pg_reload_conf()");
            reloadDue = false;
        }
        return true;
    }
}
