package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The server's processes, what they are found in, and what nobody asked for. */
class ServerFactsTest {

    @Test
    void aServerStartedByHandAcknowledgesNothingAndIsEndedNotAdopted() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("create table t (i int)");
            a.kill();
            a.engine.close();
            // Even as a primary, which it only becomes when somebody takes the signal file away.
            Files.delete(a.data.resolve("standby.signal"));
            Process byHand = startByHand(a);
            try {
                awaitLetsIn(a);
                try (Connection session = a.impatientSession();
                        Statement statement = session.createStatement()) {
                    assertThatThrownBy(() -> statement.execute("insert into t values (1)"))
                            .isInstanceOf(SQLException.class);
                }
            } finally {
                a.engine = a.openEngine();
            }
            assertThat(byHand.waitFor()).isNotZero();
            assertThat(Leftovers.of(a.data)).isEmpty();
            assertThat(a.server()).isInstanceOf(Server.Gone.class);
        }
    }

    @Test
    void nothingSpeaksAgainstAFormerPrimaryWhoseDiskCameBackEmpty() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.async());
            a.kill();
            Files.move(a.data, a.data.resolveSibling("lost"));

            LocalObservation seen = a.engine.observe();
            assertThat(seen.data()).isEqualTo(new Data.Empty());
            assertThat(seen.server()).isEqualTo(new Server.Gone(Optional.empty(), Optional.empty()));
        }
    }

    @Test
    void aReplicaPromotedByHandAcknowledgesNothingAndItsDataIsSeenToBeNoPartOfTheLineage() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode b = cluster.node("b");
            b.engine.observe();
            b.run("select pg_promote(true, 10)");
            b.await(seen -> seen.server() instanceof Server.Primary);
            try (Connection session = b.impatientSession();
                    Statement statement = session.createStatement()) {
                assertThatThrownBy(() -> statement.execute("create table stray (i int)"))
                        .isInstanceOf(SQLException.class);
            }
            b.kill();
            LocalObservation seen = b.engine.observe();
            assertThat(cluster.lineage).doesNotContainSubsequence(seen.lineage());
        }
    }

    @Test
    void onlyThePostmasterStoppedIsStuckThoughSessionsGoOn() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("create table t (i int)");
            try (Connection session = a.session();
                    Statement statement = session.createStatement()) {
                Signals.send("STOP", a.postmaster());
                statement.execute("insert into t values (1)");
                assertThat(a.server()).isInstanceOf(Server.Stuck.class);
                a.kill();
                assertThat(a.server()).isInstanceOf(Server.Gone.class);
                assertThatThrownBy(() -> statement.execute("insert into t values (2)"))
                        .isInstanceOf(SQLException.class);
            }
            assertThat(Leftovers.of(a.data)).isEmpty();
        }
    }

    @Test
    void aKilledBackendEndsTheServerWhichDoesNotComeBackByItself() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            try (Connection session = a.session()) {
                Signals.send("KILL", Long.parseLong(TestCluster.ask(session, "select pg_backend_pid()")));
            }
            assertThat(a.awaitGone().cleanStop()).isEmpty();
        }
    }

    @Test
    void aServerWhoseGuardWasKilledIsGoneOnlyWhenItsLastBusySessionIs() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.async());
            try (Connection session = a.session();
                    Statement statement = session.createStatement()) {
                CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> {
                    // A session that computes does not notice that its server's first process is gone.
                    assertThatThrownBy(() -> statement.execute("do $$ begin loop perform 1; end loop; end $$"))
                            .isInstanceOf(SQLException.class);
                });
                a.await(seen -> {
                    try {
                        return a.ask(
                                        "select count(*) from pg_stat_activity where state = 'active' and query like 'do %'")
                                .equals("1");
                    } catch (SQLException unanswered) {
                        throw new AssertionError(unanswered);
                    }
                });
                Signals.send("KILL", parentOf(a.postmaster()));
                a.awaitGone();
                assertThat(Leftovers.of(a.data)).isEmpty();
                busy.get();
            }
        }
    }

    private static long parentOf(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[1]);
    }

    @Test
    void aRestartedAgentAdoptsItsServerAndBeginsTheInSyncChangeAgain() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            long postmaster = a.postmaster();
            a.engine.close();
            a.engine = a.openEngine();
            assertThat(a.primary().inSync()).isEqualTo(LocalObservation.InSyncProgress.NONE);
            assertThat(a.engine.observe().lease()).isPresent();
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create table t (i int)");
            assertThat(a.postmaster()).isEqualTo(postmaster);
        }
    }

    @Test
    void observingCostsAboutAMillisecond() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            for (String name : List.of("a", "b")) {
                TestNode node = cluster.node(name);
                int times = 300;
                for (int i = 0; i < times; i++) {
                    node.engine.observe();
                }
                long began = System.nanoTime();
                for (int i = 0; i < times; i++) {
                    node.engine.observe();
                }
                double millis = (System.nanoTime() - began) / 1e6 / times;
                System.out.printf("observe %s %.2f ms%n", name, millis);
                assertThat(millis).isLessThan(20);
            }
        }
    }

    @Test
    void whatCannotBeUsedIsNamedWithWhatWasExpected() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b", "c")) {
            TestNode a = cluster.node("a");
            Files.createDirectory(a.data);
            Path precious = Files.writeString(a.data.resolve("precious"), "x");
            assertThat(a.engine.observe().data())
                    .isInstanceOfSatisfying(
                            Data.Foreign.class,
                            foreign -> assertThat(foreign.problem()).contains("no PG_VERSION"));
            assertThatThrownBy(() -> a.engine.act(new Action.Initialise())).hasMessageContaining("precious");
            assertThat(precious).exists();

            TestNode b = cluster.node("b");
            Files.createDirectory(b.data);
            Files.writeString(b.data.resolve("PG_VERSION"), "99\n");
            assertThat(((Data.Foreign) b.engine.observe().data()).problem())
                    .contains("99")
                    .contains("18");

            TestNode c = cluster.node("c");
            c.engine.act(new Action.Initialise());
            try (ServerSocket taken =
                    new ServerSocket(c.endpoint.port(), 1, InetAddress.getByName(c.endpoint.host()))) {
                assertThat(taken.isBound()).isTrue();
                assertThatThrownBy(() -> c.engine.act(new Action.StartSealed()))
                        .isInstanceOf(EngineException.class)
                        .hasMessageContaining("cannot be listened on");
                assertThat(c.awaitGone().problem()).isPresent();
            }
            // Seen by itself: an agent waits while there is a problem.
            c.await(seen ->
                    seen.server() instanceof Server.Gone gone && gone.problem().isEmpty());
            c.engine.act(new Action.StartSealed());
            assertThat(c.awaitStandby(seen -> seen.boundary().isPresent()).isSealed())
                    .isTrue();
        }
    }

    private static Process startByHand(TestNode node) throws Exception {
        OsUser user = OsUser.resolve(null);
        return new ProcessBuilder(user.running(
                        List.of(node.engine.installation().program("postgres").toString(), "-D", node.data.toString())))
                .directory(node.data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(node.state.resolve("by-hand.log").toFile())
                .start();
    }

    private static void awaitLetsIn(TestNode node) throws InterruptedException {
        long deadline = System.nanoTime() + TestCluster.PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            try (Connection session = node.session()) {
                if (!session.isClosed()) {
                    return;
                }
            } catch (SQLException notYet) {
                java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            }
        }
        throw new AssertionError("the server started by hand never let anybody in");
    }
}
