package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Position;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.Step;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.files.RealServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A replica: what it holds, whom it obeys, and that sealing means sealed. */
class ReplicaFactsTest {

    private static final long PAGE = 8192;
    private static final int SHORT_PAGE_HEADER = 24;
    private static final int LONG_PAGE_HEADER = 40;

    /** Of a record with a logical message of more than 230 bytes: its header, its data's header, the message's header. */
    private static final int MESSAGE_OVERHEAD = 24 + 5 + 24 + 1;

    private static final int MOST_TRIES = 1_000;

    @Test
    void aSealHoldsWhileAReaderBlocksReplayAndTheWinnerEndsThatReader() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create table t (i int)");
            a.run("insert into t select generate_series(1, 10000)");
            a.run("delete from t");
            Position before = a.primary().position();
            b.awaitStandby(seen -> !before.isAfter(seen.replayed()));
            try (Connection reader = b.session()) {
                reader.setAutoCommit(false);
                reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                TestCluster.ask(reader, "select count(*) from t");
                a.run("vacuum t");
                a.run("insert into t values (1)");
                Position confirmed = a.primary().position();
                b.engine.act(new Action.Seal(cluster.epoch().next()));
                Server.Standby sealed = b.awaitStandby(Server.Standby::isSealed);
                assertThat(sealed.replayed()).isLessThan(confirmed);
                assertThat(sealed.position()).contains(confirmed);
                assertThat(sealed.boundary()).isEmpty();
                b.engine.act(new Action.EndReplayBlockers());
                assertThat(b.awaitStandby(seen -> seen.boundary().isPresent())
                                .boundary()
                                .orElseThrow()
                                .position())
                        .isEqualTo(confirmed);
            }
        }
    }

    @Test
    void afterARestartThePositionIsNotKnownBeforeReplayGotThereAndThenIsWhatWasConfirmed() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create table t (i int)");
            a.run("insert into t select generate_series(1, 50000)");
            Position confirmed = a.primary().position();
            b.kill();
            b.engine.act(new Action.StartSealed());
            b.await(seen -> {
                if (seen.server() instanceof Server.Standby standby) {
                    assertThat(standby.position().filter(known -> confirmed.isAfter(known)))
                            .isEmpty();
                    return standby.position().isPresent();
                }
                return false;
            });
        }
    }

    @Test
    void dataRestoredFromAnOlderCopyIsAnotherMemberBeforeItVotes() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            b.kill();
            Path copy = b.data.resolveSibling("copy");
            RealServer.run(List.of("cp", "-a", b.data.toString(), copy.toString()));
            cluster.follow(b, a);
            b.awaitStandby(Server.Standby::streaming);
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("create table t (i int)");
            Position confirmed = a.primary().position();
            b.await(seen -> !confirmed.isAfter(seen.highestReported()));
            Incarnation before = b.incarnation();

            b.kill();
            Files.move(b.data, b.data.resolveSibling("replaced"));
            Files.move(copy, b.data);
            b.engine.act(new Action.StartSealed());
            b.awaitStandby(seen -> seen.position().isPresent());
            assertThat(b.incarnation()).as("the copy calls itself what it was").isEqualTo(before);
            Step step = Reconciler.next(
                    new Assignment.SealFor(b.id, cluster.epoch().next(), cluster.lineage, Optional.empty()),
                    b.engine.observe());
            assertThat(step.action()).isEqualTo(new Action.RenewIncarnation(before));
            b.engine.act(step.action());
            assertThat(b.incarnation()).isNotEqualTo(before);
        }
    }

    @Test
    void aLogThatEndsWhereAPageEndsIsReachedByAQuietReplica() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            long pageEnd = endThePage(a);
            // The server itself names a position behind the next page's header, where no record ends yet.
            assertThat(insertPosition(a)).isGreaterThan(pageEnd);
            a.await(seen -> ((Server.Primary) seen.server()).position().equals(new Position(pageEnd)));
            b.awaitStandby(seen -> seen.replayed().equals(new Position(pageEnd))
                    && seen.primaryEnd().equals(Optional.of(new Position(pageEnd))));
        }
    }

    /** Writes until a record ends exactly where its page does. */
    private static long endThePage(TestNode node) throws Exception {
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            long at = insertPosition(node);
            if (at % PAGE == SHORT_PAGE_HEADER || at % PAGE == LONG_PAGE_HEADER) {
                return at - at % PAGE;
            }
            long bytes = Math.max(0, PAGE - at % PAGE - MESSAGE_OVERHEAD);
            node.run("select pg_logical_emit_message(false, '', repeat('x', " + bytes + "))");
        }
        throw new AssertionError("No record ended at the end of a page in " + MOST_TRIES + " tries");
    }

    private static long insertPosition(TestNode node) throws Exception {
        return Long.parseLong(node.ask("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"));
    }

    @Test
    void settingsOfOursThatAlterSystemWroteNeitherUnsealAReplicaNorSurviveAStart() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            assertThatThrownBy(() -> b.run("alter system set primary_conninfo = 'host=127.0.0.1'"))
                    .hasMessageContaining("ALTER SYSTEM is not allowed");
            String stray =
                    "primary_conninfo = 'host=127.0.0.1 port=" + a.endpoint.port() + " user=understudy_b password="
                            + b.password("understudy_b") + " application_name=b'\nwork_mem = '5MB'\n";
            Files.writeString(b.data.resolve("postgresql.auto.conf"), stray, StandardOpenOption.APPEND);
            b.run("select pg_reload_conf()");
            b.awaitStandby(seen -> !Files.exists(b.state.resolve("moved-out-of-postgresql.auto.conf"))
                    ? false
                    : seen.isSealed() && seen.boundary().isPresent());
            assertThat(Files.readString(b.data.resolve("postgresql.auto.conf")))
                    .contains("work_mem")
                    .doesNotContain("primary_conninfo");
            b.kill();
            Files.writeString(b.data.resolve("postgresql.auto.conf"), stray, StandardOpenOption.APPEND);
            b.engine.act(new Action.StartSealed());
            assertThat(b.awaitStandby(seen -> seen.boundary().isPresent()).isSealed())
                    .isTrue();
        }
    }

    @Test
    void aSecondStandbyUnderAMembersNameIsEnded() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b", "c").formed()) {
            TestNode a = cluster.node("a");
            TestNode c = cluster.node("c");
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            // c keeps its own login and slot, and calls itself b.
            String own = Files.readString(c.data.resolve("understudy.conf"));
            Files.writeString(
                    c.data.resolve("understudy.conf"), own.replace("application_name=''c''", "application_name=''B''"));
            assertThat(Files.readString(c.data.resolve("understudy.conf"))).isNotEqualTo(own);
            c.run("select pg_reload_conf()");
            long until = System.nanoTime() + 2_000_000_000L;
            boolean seenAsImpostor = false;
            while (System.nanoTime() - until < 0 && !seenAsImpostor) {
                seenAsImpostor = a.primary().replicas().stream()
                        .anyMatch(replica -> replica.node().equals(c.id) && !replica.direct());
            }
            a.await(seen -> ((Server.Primary) seen.server())
                    .replicas().stream().noneMatch(replica -> replica.node().equals(c.id) && replica.streaming()));
            assertThat(a.primary().replicas())
                    .anyMatch(replica -> replica.node().name().equals("b") && replica.direct());
        }
    }

    @Test
    void aReplicaThatWentOnWhileItsAgentWasAwayStillCountsAsStreaming() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode b = cluster.node("b");
            b.awaitStandby(Server.Standby::streaming);
            b.engine.close();
            b.engine = b.openEngine();
            assertThat(b.awaitStandby(Server.Standby::streaming).upstream()).contains(cluster.node("a").id);
        }
    }

    @Test
    void anOlderEpochThanThePromisedOneIsNotFollowed() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            b.engine.act(new Action.Promise(cluster.epoch().next()));
            b.engine.close();
            b.engine = b.openEngine();
            assertThat(b.engine.observe().promised()).isEqualTo(cluster.epoch().next());
            assertThatThrownBy(() -> cluster.follow(b, a))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("not followed any more");
        }
    }
}
