package io.understudy.chaos.lab;

import io.understudy.cli.local.ClientDatabase;
import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The database that clients use.
 *
 * @param password of the role that owns it
 */
public record LabDatabase(String password) {

    private static final String NAME = "chaos";

    /** Longer than any pause that a client should wait out; what has no answer by then is unknown. */
    private static final int ANSWER_SECONDS = 8;

    List<String> bootstrap() {
        return database().bootstrap();
    }

    /** Logs in at a server or a router. */
    public Connection connect(Endpoint where, String application) throws SQLException {
        return database().connect(where, application);
    }

    private ClientDatabase database() {
        return new ClientDatabase(NAME, NAME, password, ANSWER_SECONDS);
    }
}
