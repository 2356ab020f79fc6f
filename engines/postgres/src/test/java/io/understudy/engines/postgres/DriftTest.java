package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress.Step;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.postgres.TestCluster.Shape;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.replication.Binaries;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** ALTER SYSTEM against Understudy's own settings, on the oldest version, where nothing forbids it. */
class DriftTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void whatAlterSystemDidToCommitsIsTakenBackAndTheInSyncSetIsProvedAgain() throws Exception {
        try (Binaries oldest = Binaries.oldest();
                TestCluster cluster = new TestCluster(
                                Shape.USUAL.of(new InstallationSource.Configured(oldest.home())), "a", "b")
                        .formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            InSyncConfiguration wanted = InSyncConfiguration.semiSync(1, cluster.members("b"));
            cluster.inSync(a, wanted);
            a.run("create table t (i int)");
            for (String setting : new String[] {"synchronous_commit = off", "synchronous_standby_names = ''"}) {
                a.run("alter system set " + setting);
                a.run("select pg_reload_conf()");

                a.await(seen -> ((Server.Primary) seen.server()).inSync().step() == Step.NONE, SOON);

                String name = setting.substring(0, setting.indexOf(' '));
                assertThat(Files.readString(a.data.resolve("postgresql.auto.conf")))
                        .doesNotContain(name);
                assertThat(Files.readString(a.state.resolve("moved-out-of-postgresql.auto.conf")))
                        .contains(name);
                assertThat(Files.readString(a.state.resolve("journal"))).contains("noted Drift");
                awaitNobodyConfirms(a);
                cluster.inSync(a, wanted);
                assertThat(a.ask("show synchronous_commit")).isEqualTo("on");
                a.run("insert into t values (1)");
            }
            // Not even reloaded yet, and on a replica.
            b.run("alter system set synchronous_commit = off");
            b.await(seen -> autoConf(b).lines().noneMatch(line -> line.startsWith("synchronous_commit")), SOON);
            b.awaitStandby(Server.Standby::streaming);
        }
    }

    private static void awaitNobodyConfirms(TestNode a) throws Exception {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!a.ask("show synchronous_standby_names").equals(ServerParameters.NOBODY)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
        try (Connection session = a.impatientSession();
                Statement statement = session.createStatement()) {
            assertThat(TestCluster.ask(session, "show synchronous_commit")).isEqualTo("on");
            assertThatThrownBy(() -> statement.execute("insert into t values (0)"))
                    .isInstanceOf(SQLException.class);
        }
    }

    private static String autoConf(TestNode node) {
        try {
            return Files.readString(node.data.resolve("postgresql.auto.conf"));
        } catch (java.io.IOException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
