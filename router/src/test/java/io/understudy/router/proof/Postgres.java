package io.understudy.router.proof;

import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The one {@link EmbeddedServer} of a class of tests, with the role {@link EmbeddedServer#TRUSTED} as a superuser. */
final class Postgres implements BeforeAllCallback, AfterAllCallback {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);

    private @Nullable EmbeddedServer server;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        server = EmbeddedServer.start();
        execute("create role " + EmbeddedServer.TRUSTED + " login superuser");
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        EmbeddedServer running = server;
        if (running != null) {
            running.close();
        }
    }

    InetSocketAddress address() {
        return Objects.requireNonNull(server, "no class was started with this extension")
                .address();
    }

    /** A router in front of it, as {@code knobs} say. */
    RouterUnderTest routed(Knobs knobs) throws Exception {
        return RouterUnderTest.start(address(), knobs);
    }

    /** Past the router. */
    Connection direct() throws SQLException {
        return Bystander.connect(address());
    }

    /** Past the router. */
    void execute(String... statements) throws SQLException {
        try (Connection connection = direct()) {
            Sql.execute(connection, statements);
        }
    }

    /** Past the router: the first column of the first row. */
    String value(String sql) throws SQLException {
        try (Connection connection = direct()) {
            return Sql.value(connection, sql);
        }
    }

    /** Waits until the server says {@code t}. */
    void await(String condition) throws Exception {
        try (Connection connection = direct()) {
            until(condition, () -> Sql.value(connection, "select " + condition).equals("t"));
        }
    }

    /** Waits until it is so. */
    static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
    }
}
