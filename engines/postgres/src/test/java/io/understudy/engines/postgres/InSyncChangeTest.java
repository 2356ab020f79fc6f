package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress.Step;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Changing whom commits wait for, on one cluster whose tests each begin with a change of their own. */
class InSyncChangeTest {

    private static TestCluster cluster;
    private static TestNode a;
    private static TestNode b;
    private static TestNode c;

    @BeforeAll
    static void form() throws Exception {
        cluster = new TestCluster("a", "node-b", "c");
        a = cluster.node("a");
        b = cluster.node("node-b");
        c = cluster.node("c");
        cluster.formed();
        cluster.inSync(a, InSyncConfiguration.async());
        a.run("create table t (i int)");
    }

    @AfterAll
    static void end() throws Exception {
        cluster.close();
    }

    @Test
    void commitsWaitForAReplicaThatIsStoppedAndAreReleasedWhenItGoesOn() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b")));
        long receiver = Leftovers.children(b.postmaster(), "walreceiver").getFirst();
        Signals.send("STOP", receiver);
        CompletableFuture<Void> insert;
        try {
            insert = insert(1);
            awaitWaiting();
            assertThat(insert).isNotDone();
        } finally {
            Signals.send("CONT", receiver);
        }
        insert.get();
    }

    @Test
    void aChangeReleasesThoseWhoWaitAtOnceThoughTheReplicasAreQuiet() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        long began = System.nanoTime();
        cluster.inSync(a, InSyncConfiguration.semiSync(2, cluster.members("node-b", "c")));
        double millis = (System.nanoTime() - began) / 1e6;
        System.out.printf("in-sync change %.1f ms%n", millis);
        assertThat(millis).isLessThan(900);
    }

    @Test
    void aSenderThatStillObeysTheOldValueIsNotBelieved() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        long sender = Long.parseLong(a.ask("select pid from pg_stat_replication where application_name = 'node-b'"));
        Signals.send("STOP", sender);
        try {
            assertThatThrownBy(() -> a.engine.act(new Action.HoldConfirmations(77)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("does not obey");
            assertThat(a.primary().inSync().step()).isEqualTo(Step.NONE);
        } finally {
            Signals.send("CONT", sender);
        }
    }

    @Test
    void aCheckpointerThatHasNotTakenNoteIsNotBelieved() throws Exception {
        cluster.inSync(a, InSyncConfiguration.async());
        long checkpointer = Leftovers.children(a.postmaster(), "checkpointer").getFirst();
        Signals.send("STOP", checkpointer);
        try {
            // The value shows, priorities show, and nothing waits.
            assertThatThrownBy(() -> a.engine.act(new Action.HoldConfirmations(78)))
                    .isInstanceOf(EngineException.class);
        } finally {
            Signals.send("CONT", checkpointer);
        }
    }

    @Test
    void whileHeldNobodyConfirms() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        a.engine.act(new Action.HoldConfirmations(79));
        CompletableFuture<Void> insert = insert(2);
        awaitWaiting();
        assertThat(insert).isNotDone();
        InSyncConfiguration both = InSyncConfiguration.semiSync(1, cluster.members("node-b", "c"));
        a.engine.act(new Action.SetInSync(79, both));
        a.engine.act(new Action.ConfirmMarker(79, both));
        insert.get();
        assertThat(a.primary().inSync().step()).isEqualTo(Step.CONFIRMED);
    }

    @Test
    void whatLiesOnDiskLetsNobodyConfirmWhileTheServerDoes() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        insert(3).get();
        assertThat(Files.readString(a.data.resolve("understudy.conf")))
                .contains("synchronous_standby_names = 'ANY 1 (\"understudy_nobody\")'");
        assertThat(a.data.resolve("standby.signal")).exists();
    }

    @Test
    void somebodyElsesReloadIsNoticedAndTheChangeMayBeMadeAgain() throws Exception {
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        a.run("select pg_reload_conf()");
        a.await(seen -> a.primary().inSync().step() == Step.NONE);
        cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "c")));
        insert(4).get();
    }

    @Test
    void aSenderThatReadsTheIncludeFileTooLateIsToldAgainBeforeTheMarkerIsConfirmed() throws Exception {
        InSyncConfiguration onlyB = InSyncConfiguration.semiSync(1, cluster.members("node-b"));
        cluster.inSync(a, InSyncConfiguration.async());
        a.engine.act(new Action.HoldConfirmations(1_000));
        a.engine.act(new Action.SetInSync(1_000, onlyB));
        readTheFileAgain("node-b");

        a.engine.act(new Action.ConfirmMarker(1_000, onlyB));

        insert(5).get();
    }

    @Test
    void aSenderThatNoLongerObeysIsNoticedAndTheChangeMadeAgain() throws Exception {
        InSyncConfiguration onlyB = InSyncConfiguration.semiSync(1, cluster.members("node-b"));
        cluster.inSync(a, onlyB);
        readTheFileAgain("node-b");

        a.await(seen -> a.primary().inSync().step() == Step.NONE);
        cluster.inSync(a, onlyB);
        insert(6).get();
    }

    /** As a sender does that was just starting during the change: it obeys what lies on disk from then on. */
    private static void readTheFileAgain(String replica) throws Exception {
        String sender = " from pg_stat_replication where application_name = '" + replica + "'";
        Signals.send("HUP", Long.parseLong(a.ask("select pid" + sender)));
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!a.ask("select sync_priority" + sender).equals("0")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    @Test
    void inSyncModeTheMarkerIsAppliedOnEveryMember() throws Exception {
        cluster.follow(b, a, ReplicationMode.SYNC);
        cluster.follow(c, a, ReplicationMode.SYNC);
        cluster.inSync(a, InSyncConfiguration.sync(cluster.members("node-b", "c")));
        a.run("insert into t values (4711)");
        assertThat(b.ask("select count(*) from t where i = 4711")).isEqualTo("1");
        assertThat(c.ask("select count(*) from t where i = 4711")).isEqualTo("1");
        assertThat(a.ask("show synchronous_commit")).isEqualTo("remote_apply");
    }

    @Test
    void inSyncModeAReaderHoldsCommitsUpForNoLongerThanItsLimit() throws Exception {
        cluster.follow(b, a, ReplicationMode.SYNC);
        cluster.follow(c, a, ReplicationMode.SYNC);
        cluster.inSync(a, InSyncConfiguration.sync(cluster.members("node-b", "c")));
        a.run("insert into t select generate_series(1, 1000)");
        try (Connection reader = b.session()) {
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            TestCluster.ask(reader, "select count(*) from t");
            a.run("delete from t");
            a.run("vacuum t");
            long began = System.nanoTime();
            a.run("insert into t values (1)");
            assertThat((System.nanoTime() - began) / 1e6).isLessThan(3000);
        } catch (SQLException readerWasEnded) {
            assertThat(readerWasEnded.getSQLState()).isIn("40001", "57P01", "08006");
        }
    }

    private static CompletableFuture<Void> insert(int value) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                a.run("insert into t values (" + value + ")");
                done.complete(null);
            } catch (SQLException failed) {
                done.completeExceptionally(new ExecutionException(failed));
            }
        });
        return done;
    }

    private static void awaitWaiting() {
        a.await(seen -> {
            try {
                return !a.ask(
                                "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and query like 'insert%'")
                        .equals("0");
            } catch (SQLException unwell) {
                throw new IllegalStateException(unwell);
            }
        });
    }
}
