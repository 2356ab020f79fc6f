package io.understudy.router.proof;

import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.RouterSettings.Operators;
import io.understudy.router.RouterSettings.PoolMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;

/** Settings of a router in a test: what a test is not about has a value that lets it be quick. Each method changes this one. */
final class Knobs {
    private static final Duration ENOUGH = Duration.ofSeconds(15);

    private PoolMode poolMode = PoolMode.TRANSACTION;
    private final int poolSize;
    private int maxUserServers = 80;
    private int maxDatabaseServers = 80;
    private int maxServers = 80;
    private int maxClients = 3_000;
    private int maxWaiting = 3_000;
    private Duration queueTimeout = ENOUGH;
    private Duration loginTimeout = ENOUGH;
    private Duration idleServer = Duration.ofMinutes(1);
    private Duration healthCheck = Duration.ofMinutes(1);
    private int preparedStatements = 100;
    private List<AccessRule> access = List.of(new AccessRule("all", "all", "all", Method.TRUST));

    private Operators operators = Operators.DEFAULT;

    private Knobs(int poolSize) {
        this.poolSize = poolSize;
    }

    /** So many server connections for each user in each database. */
    static Knobs pool(int size) {
        return new Knobs(size);
    }

    Knobs operators(List<String> admins, List<String> observers) {
        operators = new Operators(admins, observers);
        return this;
    }

    Knobs sessionMode() {
        poolMode = PoolMode.SESSION;
        return this;
    }

    Knobs limits(int perUser, int perDatabase, int inAll) {
        maxUserServers = perUser;
        maxDatabaseServers = perDatabase;
        maxServers = inAll;
        return this;
    }

    Knobs maxClients(int most) {
        maxClients = most;
        return this;
    }

    Knobs maxWaiting(int most) {
        maxWaiting = most;
        return this;
    }

    Knobs queueTimeout(Duration limit) {
        queueTimeout = limit;
        return this;
    }

    Knobs loginTimeout(Duration limit) {
        loginTimeout = limit;
        return this;
    }

    Knobs idle(Duration closed, Duration checked) {
        idleServer = closed;
        healthCheck = checked;
        return this;
    }

    Knobs preparedStatements(int most) {
        preparedStatements = most;
        return this;
    }

    Knobs access(List<AccessRule> rules) {
        access = rules;
        return this;
    }

    /** Listens at a port that was free. */
    RouterSettings settings() {
        return new RouterSettings(
                        new Endpoint("127.0.0.1", freePort()),
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
                        access)
                .withOperators(operators);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
