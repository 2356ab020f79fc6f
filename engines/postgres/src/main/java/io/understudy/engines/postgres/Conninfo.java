package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import java.nio.file.Path;

/**
 * Connection strings for PostgreSQL's own library. They hold no password, they name the file that has it.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html">Connection strings</a>
 */
final class Conninfo {

    private static final int CONNECT_SECONDS = 2;
    private static final int SILENCE_MILLIS = 5_000;

    private Conninfo() {}

    static String to(Endpoint endpoint, String login, Path passwordFile) {
        return "host=" + value(endpoint.host()) + " port=" + endpoint.port() + " user=" + value(login) + " passfile="
                + value(passwordFile.toString()) + " sslmode=prefer gssencmode=disable connect_timeout="
                + CONNECT_SECONDS
                + " keepalives_idle=2 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=" + SILENCE_MILLIS;
    }

    static String value(String raw) {
        return "'" + raw.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
