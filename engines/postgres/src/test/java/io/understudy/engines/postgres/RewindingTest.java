package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.Quarantined;
import io.understudy.engines.postgres.TestCluster.Shape;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import io.understudy.engines.postgres.quarantine.OpenedCopy;
import io.understudy.engines.postgres.quarantine.Rewind;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** With the machine's own PostgreSQL: the embedded one has no {@code pg_rewind}. */
@Tag("installed-postgres")
class RewindingTest {

    private static final int LOST = 500;

    @Test
    void aReturningPrimaryWithATailIsKeptAndThenRewoundAndCanLeadAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            loseTail(cluster, a, b);
            b.run("insert into t select -generate_series(1, 100)");
            var before = a.incarnation();
            keep(cluster, a);

            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));

            assertThat(journal(a)).contains("Rewound").doesNotContain("NotRewound");
            assertThat(a.awaitStandby(seen -> seen.boundary().isPresent()).isSealed())
                    .isTrue();
            assertThat(a.incarnation()).isNotEqualTo(before).isNotEqualTo(b.incarnation());
            assertThat(a.engine.observe().lineage()).isEqualTo(cluster.lineage);
            cluster.follow(a, b);
            a.awaitStandby(Server.Standby::streaming);
            cluster.inSync(b, InSyncConfiguration.sync(cluster.members("a")));
            b.run("insert into t values (-1000)");
            assertThat(a.ask("select count(*) || ' ' || max(i) from t")).isEqualTo("102 0");
            assertThat(a.ask("select count(*) from gone")).isEqualTo("1");
            assertThat(Rewind.workingOf(a.data)).doesNotExist();
            assertKept(a);

            b.kill();
            a.engine.act(new Action.Seal(cluster.epoch().next()));
            cluster.promote(a);
            cluster.follow(b, a);
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("insert into t values (-1001)");
            assertThat(a.ask("select count(*) from t")).isEqualTo("103");
        }
    }

    @Test
    void whereTheRewindFailsTheNodeIsCopiedAnew() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            loseTail(cluster, a, b);
            b.run("alter role \"" + Roles.REWIND + "\" nologin");
            keep(cluster, a);

            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));

            assertThat(journal(a)).contains("NotRewound").contains("is not permitted to log in");
            cluster.follow(a, b);
            a.awaitStandby(Server.Standby::streaming);
            assertThat(a.ask("select count(*) from t")).isEqualTo("1");
            assertKept(a);
        }
    }

    @Test
    void dataInWhichSomebodyElsePromotedAServerIsNeverRewound() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.async());
            b.engine.observe();
            b.run("select pg_promote(true, 10)");
            b.kill();
            b.engine.observe();
            a.kill();
            a.engine.act(new Action.StartSealed());
            cluster.promote(a);
            b.engine.act(
                    new Action.Quarantine(cluster.lineage, "promoted by hand", Optional.of(cluster.lastBoundary())));
            assertThat(b.engine.quarantine()).hasSize(1);
            assertThat(b.state.resolve("rewind-candidate")).doesNotExist();
        }
    }

    /** The machine's newest; a machine without one fails here and says what to do. */
    private static Shape installed() throws Exception {
        InstallationSource source = new InstallationSource.Automatic(TestCluster.cache());
        PostgresInstallation found = PostgresInstallation.find(source);
        assertThat(found.tools())
                .as(
                        "found PostgreSQL %s in %s, expected an installed one with pg_rewind:"
                                + " on Debian, apt-get install postgresql",
                        found.version(), found.bin())
                .contains(PostgresInstallation.Tool.REWIND);
        return Shape.USUAL.of(source);
    }

    private static void loseTail(TestCluster cluster, TestNode a, TestNode b) throws Exception {
        cluster.inSync(a, InSyncConfiguration.async());
        a.run(
                "create table t (i int); insert into t values (0); create table gone (i int); insert into gone values (1)");
        b.awaitStandby(seen -> seen.replayed().equals(a.primary().position()));
        b.engine.act(new Action.Seal(cluster.epoch().next()));
        a.run("insert into t select generate_series(1, " + LOST + ")");
        a.run("drop table gone");
        a.run("create table extra as select generate_series(1, 1000) i");
        a.kill();
        cluster.promote(b);
        cluster.inSync(b, InSyncConfiguration.async());
    }

    /** As an agent does: the server starts sealed, the end of its log shows that it left the cluster's. */
    private static void keep(TestCluster cluster, TestNode a) throws Exception {
        a.engine.act(new Action.StartSealed());
        a.awaitStandby(seen -> seen.boundary().isPresent());
        a.engine.act(new Action.Quarantine(cluster.lineage, "holds a tail", Optional.of(cluster.lastBoundary())));
        assertThat(a.engine.observe().data()).isInstanceOf(Data.Empty.class);
        assertThat(a.state.resolve("rewind-candidate")).exists();
    }

    private static void assertKept(TestNode a) throws Exception {
        assertThat(a.state.resolve("rewind-candidate")).doesNotExist();
        Quarantined kept = a.engine.quarantine().getFirst();
        assertThat(kept.receipt().orElseThrow().transactions()).isEqualTo(3);
        try (OpenedCopy opened = a.engine.openQuarantined(kept.id());
                Connection reader = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + opened.port() + "/postgres?sslmode=disable",
                        Roles.SUPERVISOR,
                        a.password(Roles.SUPERVISOR))) {
            assertThat(TestCluster.ask(reader, "select count(*) from t")).isEqualTo(Integer.toString(LOST + 1));
        }
    }

    private static String journal(TestNode node) throws Exception {
        return Files.readString(node.state.resolve("journal"));
    }
}
