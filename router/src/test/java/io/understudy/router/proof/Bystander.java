package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A client that behaves well all the time and is to notice nothing of the others. */
final class Bystander implements AutoCloseable {
    private static final int ROUNDS_AFTERWARDS = 50;
    private static final long PATIENCE_SECONDS = 20;

    private final Connection connection;
    private final Thread thread;
    private final CountDownLatch started = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean ended;

    Bystander(InetSocketAddress address) throws Exception {
        connection = connect(address);
        thread = Thread.ofPlatform().name("bystander").start(this::work);
        assertThat(started.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    static Connection connect(InetSocketAddress address) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + address.getPort() + "/postgres?prepareThreshold=1&socketTimeout=20",
                EmbeddedServer.SUPERUSER,
                EmbeddedServer.PASSWORD);
    }

    private void work() {
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int + 1, repeat('x', 1000)")) {
            int last = 0;
            for (int i = 0; !ended || i < last + ROUNDS_AFTERWARDS; i++) {
                if (!ended) {
                    last = i;
                }
                statement.setInt(1, i);
                try (ResultSet result = statement.executeQuery()) {
                    assertThat(result.next()).isTrue();
                    assertThat(result.getInt(1)).isEqualTo(i + 1);
                }
                started.countDown();
            }
        } catch (SQLException | AssertionError e) {
            failure.set(e);
            started.countDown();
        }
    }

    /** Goes on for a while, then fails if anything ever went wrong. */
    @Override
    public void close() throws Exception {
        ended = true;
        thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        assertThat(thread.isAlive()).as("the bystander is stuck").isFalse();
        connection.close();
        assertThat(failure.get()).as("what the bystander noticed").isNull();
    }
}
