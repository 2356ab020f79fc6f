package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import io.understudy.engines.Quarantined;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.quarantine.OpenedCopy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What ends one epoch and begins the next. */
class FailoverFactsTest {

    @Test
    void aPromotionTakesTheGrantedTimelineAndFollowersAndRestartsCopeWithTheSkippedOnes() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b", "c").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            TestNode c = cluster.node("c");
            a.kill();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            c.engine.act(new Action.Seal(cluster.epoch().next()));
            // Ids 3 and 4 were granted to others, who died before anybody heard of them.
            b.engine.act(new Action.Promote(cluster.grant(b, new TimelineId(5)), cluster.lineage));
            assertThat(b.primary().timeline()).isEqualTo(new TimelineId(5));
            cluster.follow(c, b);
            cluster.inSync(b, InSyncConfiguration.semiSync(1, cluster.members("c")));
            b.run("create table after_promotion (i int)");
            c.kill();
            cluster.follow(c, b);
            c.awaitStandby(Server.Standby::streaming);
            assertThat(c.awaitStandby(seen -> seen.position().isPresent()).timeline())
                    .isEqualTo(new TimelineId(5));
            b.kill();
            b.engine.act(new Action.StartSealed());
            assertThat(b.awaitStandby(seen -> seen.boundary().isPresent()).timeline())
                    .isEqualTo(new TimelineId(5));
        }
    }

    @Test
    void whoFollowedAPrimaryThatNeverWroteIsPromotedToTheGrantedTimelineAllTheSame() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b", "c").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            TestNode c = cluster.node("c");
            a.kill();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            c.engine.act(new Action.Seal(cluster.epoch().next()));
            // The Grant is known everywhere, and the one it is for dies before it begins to write.
            TimelineId neverWritten = cluster.grant(b).timeline();
            cluster.follow(c, b);
            b.kill();

            c.engine.act(new Action.Seal(cluster.epoch().next()));
            cluster.promote(c);
            assertThat(c.primary().timeline()).isEqualTo(neverWritten.next());
        }
    }

    @Test
    void whoeverWritesAnotherTimelineThanTheGrantedOneIsEndedAndItsDataIsNoPartOfTheLineage() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            a.kill();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            Tenure tenure = cluster.grant(b, new TimelineId(9));
            b.run("select pg_promote()");
            assertThatThrownBy(() -> b.engine.act(new Action.Promote(tenure, cluster.lineage)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("writes timeline 3, expected 9");
            b.awaitGone();
            assertThat(cluster.lineage)
                    .as("the ledger's does not begin with what it has any more")
                    .doesNotContain(b.engine.observe().lineage().getLast());
        }
    }

    @Test
    void whatWasSkippedButNotPromotedDoesNotKeepTheServerFromStarting() throws Exception {
        try (TestCluster cluster = new TestCluster("a")) {
            TestNode a = cluster.node("a");
            a.engine.act(new Action.Initialise());
            a.engine.act(new Action.StartSealed());
            io.understudy.engines.postgres.files.SkippedTimelines.write(a.data, TimelineId.FIRST, new TimelineId(4));
            a.kill();
            a.engine.act(new Action.StartSealed());
            a.engine.act(new Action.Promote(cluster.grant(a, new TimelineId(4)), cluster.lineage));
            assertThat(a.primary().timeline()).isEqualTo(new TimelineId(4));
        }
    }

    @Test
    void restartInPlaceIsANewEpochWhoseBoundaryTellsReissuedTransactionsApart() throws Exception {
        try (TestCluster cluster = new TestCluster("a").formed()) {
            TestNode a = cluster.node("a");
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("create table t (i int)");
            long lost;
            try (Connection open = a.session()) {
                open.setAutoCommit(false);
                lost = Long.parseLong(TestCluster.ask(open, "select pg_current_xact_id()"));
                a.kill();
            }
            a.engine.act(new Action.StartSealed());
            Boundary boundary = a.awaitStandby(seen -> seen.boundary().isPresent())
                    .boundary()
                    .orElseThrow();
            assertThat(boundary.nextTransactionId()).isLessThanOrEqualTo(lost);
            cluster.promote(a);
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("insert into t values (1)");
            assertThat(Long.parseLong(a.ask("select xmin::text::bigint from t")))
                    .isGreaterThanOrEqualTo(boundary.nextTransactionId());
        }
    }

    @Test
    void withoutALeaseNothingIsPromoted() throws Exception {
        try (TestCluster cluster = new TestCluster("a")) {
            TestNode a = cluster.node("a");
            a.engine.act(new Action.Initialise());
            a.engine.act(new Action.StartSealed());
            var tenure = cluster.grant(a);
            a.kill();
            a.engine.act(new Action.StartSealed());
            assertThatThrownBy(() -> a.engine.act(new Action.Promote(tenure, cluster.lineage)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("lease");
            assertThat(a.server()).isInstanceOf(Server.Standby.class);
        }
    }

    @Test
    void afterACleanStopTheSuccessorHasTheLastRecordAndTheOldPrimaryFollowsWithoutARewind() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b", "c").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            TestNode c = cluster.node("c");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b", "c")));
            a.run("create table t (i int)");
            // One frozen replica must not hold the stop.
            long frozen = Leftovers.children(c.postmaster(), "walreceiver").getFirst();
            Signals.send("STOP", frozen);
            long began = System.nanoTime();
            a.engine.act(new Action.CleanStop(b.id));
            double stopMillis = (System.nanoTime() - began) / 1e6;
            Signals.send("CONT", frozen);
            Server.Gone gone = a.awaitGone();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            c.engine.act(new Action.Seal(cluster.epoch().next()));
            Server.Standby target = b.awaitStandby(seen -> seen.boundary().isPresent());
            assertThat(gone.cleanStop()).isEqualTo(target.position());
            cluster.promote(b);
            cluster.follow(a, b);
            cluster.follow(c, b);
            cluster.inSync(b, InSyncConfiguration.semiSync(2, cluster.members("a", "c")));
            System.out.printf(
                    "clean stop %.1f ms with a frozen replica, rejoined and in sync after %.1f ms%n",
                    stopMillis, (System.nanoTime() - began) / 1e6);
            b.run("insert into t values (1)");
            assertThat(stopMillis).isLessThan(1500);
        }
    }

    @Test
    void aTailThatTheClusterLacksIsKeptCountedAndReadable() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("create table t (i int)");
            b.awaitStandby(seen -> seen.replayed().equals(a.primary().position()));
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            for (int i = 0; i < 5; i++) {
                a.run("insert into t values (" + i + ")");
            }
            a.kill();
            cluster.promote(b);
            Boundary fork = cluster.lastBoundary();
            a.engine.act(new Action.Quarantine(cluster.lineage, "holds a tail of epoch 1", Optional.of(fork)));
            assertThat(a.engine.observe().data()).isInstanceOf(Data.Empty.class);
            Quarantined kept = a.engine.quarantine().getFirst();
            assertThat(kept.receipt().orElseThrow().transactions()).isEqualTo(5);
            try (OpenedCopy opened = a.engine.openQuarantined(kept.id());
                    Connection reader = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + opened.port() + "/postgres?sslmode=disable",
                            Roles.SUPERVISOR,
                            a.password(Roles.SUPERVISOR));
                    Statement statement = reader.createStatement()) {
                assertThat(TestCluster.ask(reader, "select count(*) from t")).isEqualTo("5");
                assertThatThrownBy(() -> statement.execute("insert into t values (9)"))
                        .hasMessageContaining("read-only");
            }
            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));
            cluster.follow(a, b);
            a.awaitStandby(Server.Standby::streaming);
            assertThat(a.incarnation()).isNotEqualTo(b.incarnation());
            assertThat(Files.exists(a.state.resolve("clone-under-way"))).isFalse();
        }
    }

    @Test
    void aReceiptThatCouldNotBeMadeAtOnceIsMadeWhenTheNodeFollowsAgain() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.async());
            a.run("create table t (i int)");
            b.awaitStandby(seen -> seen.replayed().equals(a.primary().position()));
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            a.run("insert into t values (1)");
            a.kill();
            cluster.promote(b);
            Path settings = a.data.resolve("postgresql.conf");
            String right = Files.readString(settings);
            Files.writeString(settings, right + "max_connections = 'a few'\n");
            a.engine.act(new Action.Quarantine(cluster.lineage, "holds a tail", Optional.of(cluster.lastBoundary())));
            Quarantined kept = a.engine.quarantine().getFirst();
            assertThat(kept.receipt()).isEmpty();

            Files.writeString(kept.directory().resolve("postgresql.conf"), right);
            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));
            cluster.follow(a, b);
            a.await(seen -> a.engine.quarantine().getFirst().receipt().isPresent());
            assertThat(a.engine.quarantine().getFirst().receipt().orElseThrow().transactions())
                    .isEqualTo(1);
        }
    }
}
