package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.Assignment;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** What routers log in with to look up passwords, and how little it may do. */
class RouterLoginTest {

    private static final String VERIFIER_OF_APP =
            "select rolpassword from pg_catalog.pg_authid where rolcanlogin and rolname = 'app' and rolvaliduntil is null";

    @Test
    void itReadsVerifiersInOneDatabaseAndNothingElse() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            try (Connection router = routerAt(a, "postgres")) {
                assertThat(TestCluster.ask(router, VERIFIER_OF_APP)).startsWith("SCRAM-SHA-256$");
                assertThatThrownBy(() -> TestCluster.ask(router, "select oid from pg_catalog.pg_authid"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("permission denied");
                assertThatThrownBy(() -> TestCluster.ask(router, "create role other"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("permission denied");
            }
            assertThatThrownBy(() -> routerAt(a, "app").close())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("pg_hba.conf rejects");
            assertThat(PostgresEngine.routerLogin(a.settings.clusterSecret()).toString())
                    .doesNotContain(a.password(Roles.ROUTER));
        }
    }

    @Test
    void anOpenPrimaryMadeBeforeThereWasOneIsGivenIt() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            Path access = a.data.resolve("pg_hba.conf");
            a.run("set synchronous_commit to local; drop owned by \"understudy.router\";"
                    + " drop role \"understudy.router\"");
            Files.writeString(access, Files.readString(access).replace(",\"understudy.router\"", ""));
            a.run("select pg_reload_conf()");
            a.engine.observe();

            a.engine.assigned(lead(cluster, Phase.GRANTED));
            assertThat(a.ask("select count(*) from pg_roles where rolname = 'understudy.router'"))
                    .isEqualTo("0");

            a.engine.assigned(lead(cluster, Phase.OPEN));
            assertThat(Files.readString(access)).contains("host postgres \"understudy.rewind\",\"understudy.router\"");
            long end = System.nanoTime() + TestCluster.PATIENCE.toNanos();
            // The server reads its file a moment after it was told to.
            while (!letsIn(a)) {
                assertThat(System.nanoTime()).as("the login works").isLessThan(end);
            }
            try (Connection router = routerAt(a, "postgres")) {
                assertThat(TestCluster.ask(router, VERIFIER_OF_APP)).startsWith("SCRAM-SHA-256$");
            }
        }
    }

    private static Assignment lead(TestCluster cluster, Phase phase) {
        Tenure last = cluster.lastTenure();
        return new Assignment.Lead(
                new Tenure(last.epoch(), last.holder(), last.timeline(), last.boundary(), phase),
                cluster.lineage,
                InSync.NOTHING_YET,
                Optional.empty());
    }

    private static boolean letsIn(TestNode node) throws IOException {
        try (Connection router = routerAt(node, "postgres")) {
            return router.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static Connection routerAt(TestNode node, String database) throws SQLException, IOException {
        OwnLogin login = PostgresEngine.routerLogin(node.settings.clusterSecret());
        Properties properties = new Properties();
        properties.setProperty("user", login.role());
        properties.setProperty("password", login.password());
        properties.setProperty("sslmode", "disable");
        return DriverManager.getConnection("jdbc:postgresql://" + node.endpoint + "/" + database, properties);
    }
}
