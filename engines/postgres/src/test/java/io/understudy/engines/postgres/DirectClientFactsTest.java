package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What sessions that go straight to the server can do to the guarantee, as the documentation warns them. */
class DirectClientFactsTest {

    private static final Duration BEFORE_CANCELLING = Duration.ofMillis(300);

    /** What PostgreSQL says beside the success of a commit whose wait was cancelled. */
    private static final String WARNING = "01000";

    @Test
    void aLoweredLevelAndACancelledWaitAreAnsweredThoughNobodyConfirmed() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create table t (i int)");
            long receiver = Leftovers.children(b.postmaster(), "walreceiver").getFirst();
            Signals.send("STOP", receiver);
            try (Connection session = a.session();
                    Statement statement = session.createStatement()) {
                CompletableFuture<Void> cancelled = cancelSoon(statement);
                statement.execute("insert into t values (1)");
                cancelled.get();
                assertThat(statement.getWarnings().getSQLState()).isEqualTo(WARNING);

                statement.execute("set synchronous_commit = local");
                statement.execute("insert into t values (2)");
                assertThat(statement.getWarnings() == null).isTrue();
                // Neither is anywhere but here, and both are shown.
                assertThat(TestCluster.ask(session, "select count(*) from t")).isEqualTo("2");
                assertThat(b.ask("select count(*) from t")).isEqualTo("0");
            } finally {
                Signals.send("CONT", receiver);
            }
        }
    }

    @Test
    void aRoleOrDatabaseThatLowersTheLevelIsTold() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create role reporting");
            a.run("create role careful");
            a.run("alter role careful set synchronous_commit = on");
            a.run("alter role reporting set synchronous_commit = off");
            a.run("alter role reporting in database postgres set synchronous_commit = local");
            a.run("alter database postgres set synchronous_commit = remote_write");
            Set<String> expected = Set.of(
                    "everybody in database postgres (synchronous_commit=remote_write)",
                    "role reporting in database postgres (synchronous_commit=local)",
                    "role reporting (synchronous_commit=off)");
            a.await(seen -> seen.server() instanceof Server.Primary primary
                    && Set.copyOf(primary.exempt()).equals(expected));
        }
    }

    private static CompletableFuture<Void> cancelSoon(Statement statement) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        statement.cancel();
                    } catch (java.sql.SQLException failed) {
                        throw new IllegalStateException(failed);
                    }
                },
                CompletableFuture.delayedExecutor(
                        BEFORE_CANCELLING.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS));
    }
}
