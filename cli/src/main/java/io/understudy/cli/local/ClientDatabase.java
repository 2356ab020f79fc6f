package io.understudy.cli.local;

import io.understudy.core.cluster.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * A database of a cluster's clients, and how they log in.
 *
 * @param name its name
 * @param role who owns it
 * @param password of that role
 * @param answerSeconds how long a client waits for an answer, in seconds
 */
public record ClientDatabase(String name, String role, String password, int answerSeconds) {

    private static final int CONNECT_SECONDS = 2;

    /** What a new cluster runs once; each statement by itself. */
    public List<String> bootstrap() {
        return List.of(
                "create role " + role + " login password '" + password + "'",
                "create database " + name + " owner " + role);
    }

    /** Logs in at a server or a router, in plain text: all of it stays on this machine. */
    public Connection connect(Endpoint where, String application) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", role);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", application);
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(answerSeconds));
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        Connection made = new Driver().connect("jdbc:postgresql://" + where + "/" + name, properties);
        if (made == null) {
            throw new SQLException("The driver does not take the address " + where);
        }
        return made;
    }
}
