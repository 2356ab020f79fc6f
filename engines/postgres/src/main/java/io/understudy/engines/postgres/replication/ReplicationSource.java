package io.understudy.engines.postgres.replication;

import java.time.Duration;

/**
 * The server to talk to, and as whom.
 *
 * @param user a role with the attribute REPLICATION
 * @param applicationName how the server's views name the connection; not the name of a member, or it could confirm commits
 *     in its place
 * @param connectTimeout for everything until the server is ready for the first command
 * @param readTimeout how long the server may stay silent within a command
 */
public record ReplicationSource(
        String host,
        int port,
        String user,
        Password password,
        String applicationName,
        Duration connectTimeout,
        Duration readTimeout) {
    /** The application name unless said otherwise. */
    public static final String DEFAULT_APPLICATION_NAME = "understudy_clone";

    /** How long connecting may take unless said otherwise. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** How long a server may stay silent unless said otherwise. */
    public static final Duration DEFAULT_READ_TIMEOUT = Duration.ofSeconds(30);

    public ReplicationSource {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port is %d, expected 1 to 65535".formatted(port));
        }
        requirePositive("connectTimeout", connectTimeout);
        requirePositive("readTimeout", readTimeout);
    }

    /** A source with no password, the default application name and the default timeouts. */
    public static ReplicationSource of(String host, int port, String user) {
        return new ReplicationSource(
                host,
                port,
                user,
                Password.NONE,
                DEFAULT_APPLICATION_NAME,
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_READ_TIMEOUT);
    }

    /** The same source with a password. */
    public ReplicationSource withPassword(Password value) {
        return new ReplicationSource(host, port, user, value, applicationName, connectTimeout, readTimeout);
    }

    /** The same source under another application name. */
    public ReplicationSource withApplicationName(String value) {
        return new ReplicationSource(host, port, user, password, value, connectTimeout, readTimeout);
    }

    /** The same source with other timeouts. */
    public ReplicationSource withTimeouts(Duration connect, Duration read) {
        return new ReplicationSource(host, port, user, password, applicationName, connect, read);
    }

    /** How errors name it. */
    String address() {
        return host + ":" + port;
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException("%s is %s, expected more than zero".formatted(name, value));
        }
    }
}
