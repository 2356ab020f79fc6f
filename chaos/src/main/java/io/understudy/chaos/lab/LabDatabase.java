package io.understudy.chaos.lab;

import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * The database that clients use.
 *
 * @param password of the role that owns it
 */
public record LabDatabase(String password) {

    private static final String NAME = "chaos";
    private static final int CONNECT_SECONDS = 2;

    /** Longer than any pause that a client should wait out; what has no answer by then is unknown. */
    private static final int SOCKET_SECONDS = 8;

    /** What a new cluster runs once; each statement by itself. */
    List<String> bootstrap() {
        return List.of(
                "create role " + NAME + " login password '" + password + "'",
                "create database " + NAME + " owner " + NAME);
    }

    /** Logs in at a server or a router. */
    public Connection connect(Endpoint where, String application) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", NAME);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", application);
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(SOCKET_SECONDS));
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        Connection made = new Driver().connect("jdbc:postgresql://" + where + "/" + NAME, properties);
        if (made == null) {
            throw new SQLException("The driver does not take the address " + where);
        }
        return made;
    }
}
