package io.understudy.router;

import io.understudy.core.cluster.Endpoint;
import java.time.Duration;
import java.util.List;

/**
 * How a router listens, pools and waits. What {@code reload} may change is everything but {@code listen}.
 *
 * @param listen where clients connect
 * @param poolMode when a server connection is given back
 * @param poolSize the most server connections for one user in one database
 * @param maxUserServers the most server connections of one user
 * @param maxDatabaseServers the most server connections to one database
 * @param maxServers the most server connections in all
 * @param maxClients the most clients at a time
 * @param maxWaiting the most clients waiting for a server connection at a time
 * @param queueTimeout how long a request waits for a server connection, or for a primary
 * @param loginTimeout how long a client may take to log in
 * @param idleServer an unused server connection is closed after this time
 * @param healthCheck how often an unused server connection is asked whether its server is still the primary
 * @param preparedStatements the most prepared statements kept on one server connection
 * @param access whom to let in how, first match; nobody where none matches
 * @param operators who may use the router's own database
 */
public record RouterSettings(
        Endpoint listen,
        PoolMode poolMode,
        int poolSize,
        int maxUserServers,
        int maxDatabaseServers,
        int maxServers,
        int maxClients,
        int maxWaiting,
        Duration queueTimeout,
        Duration loginTimeout,
        Duration idleServer,
        Duration healthCheck,
        int preparedStatements,
        List<AccessRule> access,
        Operators operators) {

    /** When a server connection is given back. */
    public enum PoolMode {
        /** After each transaction, unless something of the session is left on it. */
        TRANSACTION,
        /** When the client leaves. */
        SESSION
    }

    /** How a client proves who it is. */
    public enum Method {
        /** With its password, by SCRAM-SHA-256; the same proof opens the server. */
        SCRAM,
        /** Not at all; the server must let the router in without a password too. */
        TRUST,
        /** With a TLS certificate whose common name is the role. */
        CERTIFICATE
    }

    /**
     * One rule.
     *
     * @param from an address range such as {@code 10.0.0.0/8}, or {@code all}
     * @param user a role, or {@code all}
     * @param database a database, or {@code all}
     */
    public record AccessRule(String from, String user, String database, Method method) {
        /** Passwords for everybody. */
        public static final AccessRule SCRAM_FOR_ALL = new AccessRule("all", "all", "all", Method.SCRAM);
    }

    /**
     * Who may use the router's own database, besides having to be let in like everybody.
     *
     * @param admins roles that may look and order
     * @param observers roles that may only look
     */
    public record Operators(List<String> admins, List<String> observers) {
        /** The superuser that {@code initdb} usually makes. */
        public static final Operators DEFAULT = new Operators(List.of("postgres"), List.of());

        public Operators {
            admins = List.copyOf(admins);
            observers = List.copyOf(observers);
        }
    }

    public RouterSettings {
        access = List.copyOf(access);
    }

    /** With the usual {@link Operators#DEFAULT operators}. */
    public RouterSettings(
            Endpoint listen,
            PoolMode poolMode,
            int poolSize,
            int maxUserServers,
            int maxDatabaseServers,
            int maxServers,
            int maxClients,
            int maxWaiting,
            Duration queueTimeout,
            Duration loginTimeout,
            Duration idleServer,
            Duration healthCheck,
            int preparedStatements,
            List<AccessRule> access) {
        this(
                listen,
                poolMode,
                poolSize,
                maxUserServers,
                maxDatabaseServers,
                maxServers,
                maxClients,
                maxWaiting,
                queueTimeout,
                loginTimeout,
                idleServer,
                healthCheck,
                preparedStatements,
                access,
                Operators.DEFAULT);
    }

    /** The same with other operators. */
    public RouterSettings withOperators(Operators others) {
        return new RouterSettings(
                listen,
                poolMode,
                poolSize,
                maxUserServers,
                maxDatabaseServers,
                maxServers,
                maxClients,
                maxWaiting,
                queueTimeout,
                loginTimeout,
                idleServer,
                healthCheck,
                preparedStatements,
                access,
                others);
    }

    /** Sane values for everything but where to listen. */
    public static RouterSettings defaults(Endpoint listen) {
        return new RouterSettings(
                listen,
                PoolMode.TRANSACTION,
                20,
                80,
                80,
                80,
                10_000,
                10_000,
                Duration.ofSeconds(30),
                Duration.ofSeconds(15),
                Duration.ofMinutes(10),
                Duration.ofSeconds(5),
                500,
                List.of(AccessRule.SCRAM_FOR_ALL));
    }
}
