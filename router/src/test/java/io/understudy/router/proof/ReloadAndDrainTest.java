package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** New settings drop no client; a router that ends lets transactions end first. */
@Timeout(60)
class ReloadAndDrainTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String CONNECTIONS =
            "select count(*) from pg_stat_activity where usename = '" + EmbeddedServer.TRUSTED + "'";
    private static final String GOING_DOWN = "E57P01";
    private static final Duration SOON = Duration.ofMillis(100);
    private static final Duration LONG = Duration.ofSeconds(20);

    private RouterUnderTest router;
    private Wire one;
    private Wire other;

    @BeforeEach
    void connect() throws Exception {
        router = POSTGRES.routed(Knobs.pool(1));
        one = router.wire();
        other = router.wire();
    }

    @AfterEach
    void disconnect() throws Exception {
        one.close();
        other.close();
        router.close();
        POSTGRES.await("(" + CONNECTIONS + ") = 0");
    }

    // Reload

    @Test
    void aLargerPoolServesWhoWaits() throws Exception {
        one.ask("begin");
        other.send(query("select 'waited'"));
        router.reload(Knobs.pool(2));
        assertThat(other.line()).isEqualTo("T D(waited) C(SELECT 1) ZI");
        assertThat(one.ask("commit")).isEqualTo("C(COMMIT) ZI");
    }

    @Test
    void aSmallerPoolLosesWhatIsGivenBack() throws Exception {
        router.reload(Knobs.pool(2));
        one.ask("begin");
        other.ask("begin");
        POSTGRES.await("(" + CONNECTIONS + ") = 2");
        router.reload(Knobs.pool(1));
        one.ask("commit");
        other.ask("commit");
        POSTGRES.await("(" + CONNECTIONS + ") = 1");
        assertThat(one.value("select 1")).isEqualTo("1");
        assertThat(other.value("select 2")).isEqualTo("2");
    }

    @Test
    void aShorterTimeToWaitCountsForWhoWaitsAlready() throws Exception {
        one.ask("begin");
        other.send(query("select 1"));
        router.reload(Knobs.pool(1).queueTimeout(SOON));
        assertThat(other.line()).isEqualTo("E53300 ZI");
        one.ask("commit");
        assertThat(other.value("select 1")).isEqualTo("1");
    }

    @Test
    void otherRulesOfAccessCountForNewClientsOnly() throws Exception {
        router.reload(Knobs.pool(1).access(List.of(new AccessRule("all", "nobody", "all", Method.TRUST))));
        assertThat(one.value("select 1")).isEqualTo("1");
        try (Wire refused = Wire.connect(router.address())) {
            refused.send(Wire.startUp());
            assertThat(Wire.line(refused.awaitEnd())).startsWith("E28");
        }
        assertThat(other.value("select 1")).isEqualTo("1");
    }

    @Test
    void aTransactionGoesOnThroughAReload() throws Exception {
        one.ask("begin");
        one.ask("create table reloaded (i int)");
        for (int i = 0; i < 5; i++) {
            router.reload(Knobs.pool(1 + i % 2));
            assertThat(one.ask("insert into reloaded values (1)")).isEqualTo("C(INSERT 0 1) ZT");
        }
        one.ask("commit");
        assertThat(other.value("select count(*) from reloaded")).isEqualTo("5");
    }

    @Test
    void fewerClientsMayComeAndThoseThatAreThereStay() throws Exception {
        router.reload(Knobs.pool(1).maxClients(2));
        try (Wire third = Wire.connect(router.address())) {
            third.send(Wire.startUp());
            assertThat(Wire.line(third.awaitEnd())).isEqualTo("E53300");
        }
        assertThat(one.value("select 1")).isEqualTo("1");
        assertThat(other.value("select 2")).isEqualTo("2");
    }

    // Drain

    @Test
    void whoIsIdleIsLetGoAndNobodyComes() throws Exception {
        assertThat(router.router().drain(LONG)).isZero();
        assertThat(Wire.line(one.awaitEnd())).isEqualTo(GOING_DOWN);
        assertThat(Wire.line(other.awaitEnd())).isEqualTo(GOING_DOWN);
        assertThatThrownBy(() -> Wire.connect(router.address())).isInstanceOf(IOException.class);
    }

    @Test
    void aTransactionEndsFirst() throws Exception {
        POSTGRES.execute("create table drained (i int)");
        one.ask("begin");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> drained = threads.submit(() -> router.router().drain(LONG));
            assertThat(Wire.line(other.awaitEnd())).isEqualTo(GOING_DOWN);
            assertThat(one.ask("insert into drained values (1)")).isEqualTo("C(INSERT 0 1) ZT");
            assertThat(one.ask("commit")).isEqualTo("C(COMMIT) ZI");
            assertThat(Wire.line(one.awaitEnd())).isEqualTo(GOING_DOWN);
            assertThat(drained.get()).isZero();
        }
        assertThat(POSTGRES.value("select count(*) from drained")).isEqualTo("1");
    }

    @Test
    void aPinnedClientThatIsIdleIsLetGo() throws Exception {
        one.ask("create temporary table t (i int)");
        assertThat(router.router().drain(LONG)).isZero();
        assertThat(Wire.line(one.awaitEnd())).isEqualTo(GOING_DOWN);
    }

    @Test
    void aPinnedClientThatAPauseHoldsBackIsLetGo() throws Exception {
        Knobs knobs = Knobs.pool(1).operators(List.of(EmbeddedServer.TRUSTED), List.of());
        try (RouterUnderTest paused = POSTGRES.routed(knobs);
                Wire operator = Wire.loggedIn(paused.address(), "database", "understudy");
                Wire pinned = paused.wire()) {
            pinned.ask("create temporary table t (i int)");
            // What a session holds is asked for after the client was answered, and before its next query goes out.
            pinned.ask("select 1");
            assertThat(operator.ask("pause postgres")).isEqualTo("C(PAUSE) ZI");
            pinned.send(query("select 2"));
            assertThat(pinned.isSilent()).isTrue();
            assertThat(paused.router().drain(LONG)).isZero();
            assertThat(Wire.line(pinned.awaitEnd())).isEqualTo(GOING_DOWN);
        }
    }

    @Test
    void aTransactionThatDoesNotEndIsNotWaitedForForEver() throws Exception {
        one.ask("begin");
        assertThat(router.router().drain(SOON)).isEqualTo(1);
        router.close();
        assertThat(Wire.line(one.awaitEnd())).isEqualTo(GOING_DOWN);
    }

    @Test
    void theEndOfTheRouterIsToldToEverybody() throws Exception {
        one.ask("begin");
        router.close();
        assertThat(Wire.line(one.awaitEnd())).isEqualTo(GOING_DOWN);
        assertThat(Wire.line(other.awaitEnd())).isEqualTo(GOING_DOWN);
    }
}
