package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.query;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.topology.Topology;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When another node becomes primary, nobody talks to the former one any more, and requests wait for the new one. */
@Timeout(60)
class NewEpochTest {
    @RegisterExtension
    static final Postgres FORMER = new Postgres();

    @RegisterExtension
    static final Postgres LATTER = new Postgres();

    private static final String CONNECTIONS =
            "select count(*) from pg_stat_activity where usename = '" + EmbeddedServer.TRUSTED + "'";
    private static final Duration SOON = Duration.ofMillis(300);

    private RouterUnderTest router;
    private Wire one;
    private Wire other;

    @BeforeEach
    void connect() throws Exception {
        router = FORMER.routed(Knobs.pool(2));
        one = router.wire();
        other = router.wire();
        assertThat(one.value("show port")).isEqualTo(port(FORMER));
    }

    @AfterEach
    void disconnect() throws Exception {
        one.close();
        other.close();
        router.close();
    }

    private static String port(Postgres server) {
        return String.valueOf(server.address().getPort());
    }

    private void another() throws Exception {
        router.primaryIs(2, LATTER.address());
    }

    @Test
    void whoIsIdleGoesOnAtTheNewOne() throws Exception {
        one.ask("set work_mem = '7MB'");
        one.ask(Wire.parse("s", "select 1"), Wire.sync());
        another();
        assertThat(one.value("show port")).isEqualTo(port(LATTER));
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
        assertThat(one.ask(Wire.bind("s"), Wire.execute(), Wire.sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
        assertThat(other.value("show port")).isEqualTo(port(LATTER));
        FORMER.await("(" + CONNECTIONS + ") = 0");
    }

    @Test
    void aTransactionOfTheFormerOneIsToldToRunAgain() throws Exception {
        one.ask("begin");
        one.ask("select 1");
        another();
        FORMER.await("(" + CONNECTIONS + ") = 0");
        assertThat(one.ask("select 2")).isEqualTo("E40001 ZI");
        assertThat(one.value("show port")).isEqualTo(port(LATTER));
    }

    @Test
    void aStatementOfTheFormerOneIsToldThatItsFateIsUnknown() throws Exception {
        one.send(query("select pg_sleep(50)"));
        FORMER.await("exists (select from pg_stat_activity where query like '%sleep(50)' and state = 'active')");
        another();
        assertThat(one.line()).isIn("E40003 ZI", "T E40003 ZI");
        assertThat(one.value("show port")).isEqualTo(port(LATTER));
        // Nobody tells it that its client is gone.
        FORMER.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'select pg_sleep%'");
    }

    @Test
    void aPinnedSessionOfTheFormerOneEnds() throws Exception {
        one.ask("create temporary table t (i int)");
        another();
        assertThat(Wire.line(one.awaitEnd())).isEqualTo("E57P01");
        assertThat(other.value("show port")).isEqualTo(port(LATTER));
    }

    @Test
    void requestsWaitWhileThereIsNoPrimary() throws Exception {
        router.topologyIs(new Topology.NoPrimary());
        try (Wire late = Wire.connect(router.address())) {
            late.send(Wire.startUp());
            one.send(query("show port"));
            other.send(query("show port"));
            another();
            assertThat(one.line()).isEqualTo("T D(" + port(LATTER) + ") C(SHOW) ZI");
            assertThat(other.line()).isEqualTo("T D(" + port(LATTER) + ") C(SHOW) ZI");
            assertThat(late.line()).isEqualTo("R K ZI");
            assertThat(late.value("show port")).isEqualTo(port(LATTER));
        }
    }

    @Test
    void noRequestWaitsForAPrimaryForEver() throws Exception {
        router.reload(Knobs.pool(2).queueTimeout(SOON));
        router.topologyIs(new Topology.NoPrimary());
        assertThat(one.ask("select 1")).isEqualTo("E53000 ZI");
        another();
        assertThat(one.value("show port")).isEqualTo(port(LATTER));
    }

    @Test
    void noMoreThanTheMostWaitForAPrimary() throws Exception {
        router.reload(Knobs.pool(2).maxWaiting(1));
        router.topologyIs(new Topology.NoPrimary());
        one.send(query("show port"));
        assertThat(other.ask("select 1")).isEqualTo("E53300 ZI");
        another();
        assertThat(one.line()).isEqualTo("T D(" + port(LATTER) + ") C(SHOW) ZI");
        assertThat(other.value("show port")).isEqualTo(port(LATTER));
    }

    @Test
    void nothingIsRoutedBeforeThePrimaryIsKnown() throws Exception {
        try (RouterUnderTest untold = RouterUnderTest.untold(Knobs.pool(1));
                Wire early = Wire.connect(untold.address())) {
            early.send(Wire.startUp());
            untold.primaryIs(1, FORMER.address());
            assertThat(early.line()).isEqualTo("R K ZI");
            assertThat(early.value("show port")).isEqualTo(port(FORMER));
        }
    }

    @Test
    void requestsWaitUntilTheNewOneLetsClientsInAndIsNoReplica() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (FakeServer opening = new FakeServer(
                link -> {
                    switch (attempts.incrementAndGet()) {
                        case 1 -> {
                            link.send(FakeServer.error("FATAL", "57P03"));
                            link.close();
                        }
                        case 2 -> link.close();
                        case 3 -> link.welcome("on");
                        default -> link.welcome("off");
                    }
                },
                (link, message) -> false)) {
            router.primaryIs(2, opening.address());
            assertThat(one.ask("at last")).isEqualTo("T D(at last) C(SELECT 1) ZI");
            assertThat(attempts).hasValue(4);
            assertThat(router.suspicions()).isPositive();
        }
    }

    @Test
    void aServerThatBecameAReplicaIsFoundOutByItsHealthCheck() throws Exception {
        try (FakeServer demoted = new FakeServer((link, message) -> {
                    boolean isTheCheck = message.contains("pg_is_in_recovery");
                    if (isTheCheck) {
                        link.send(
                                Wire.message('T', new byte[2]),
                                FakeServer.row("t"),
                                FakeServer.complete("SELECT 1"),
                                FakeServer.ready());
                    }
                    return isTheCheck;
                });
                RouterUnderTest checking = RouterUnderTest.start(
                        demoted.address(), Knobs.pool(1).idle(Duration.ofMinutes(1), Duration.ofMillis(500)));
                Wire client = checking.wire()) {
            assertThat(client.ask("once")).isEqualTo("T D(once) C(SELECT 1) ZI");
            Postgres.until("the connection is closed", () -> demoted.ended() == 1);
            assertThat(checking.suspicions()).isPositive();
        }
    }

    /** A host that is gone answers nothing: a log-in there ends only when its time is over. */
    private static FakeServer gone() throws Exception {
        return new FakeServer(link -> new CountDownLatch(1).await(), (link, message) -> false);
    }

    @Test
    void aLogInThatHangsAtTheFormerOneHoldsNobodyUp() throws Exception {
        try (FakeServer gone = gone();
                RouterUnderTest stuck = RouterUnderTest.start(gone.address(), Knobs.pool(1));
                Wire client = Wire.connect(stuck.address())) {
            client.send(Wire.startUp());
            Postgres.until("a log-in hangs", () -> gone.begun() == 1);
            stuck.primaryIs(2, LATTER.address());
            // Long before the time for a log-in is over.
            assertThat(client.line()).isEqualTo("R K ZI");
            assertThat(client.value("show port")).isEqualTo(port(LATTER));
        }
    }

    @Test
    void aQuestionAboutARoleThatHangsAtTheFormerOneIsAskedAtTheNewOne() throws Exception {
        try (FakeServer gone = gone();
                RouterUnderTest stuck =
                        RouterUnderTest.start(gone.address(), Knobs.pool(1).access(List.of(AccessRule.SCRAM_FOR_ALL)));
                ExecutorService clients = Executors.newSingleThreadExecutor()) {
            Future<String> asked = clients.submit(() -> portSeenBy(stuck));
            Postgres.until("the question hangs", () -> gone.begun() == 1);
            stuck.primaryIs(2, LATTER.address());
            assertThat(asked.get()).isEqualTo(port(LATTER));
        }
    }

    @Test
    void aQuestionAboutARoleWaitsWhileTheServerIsGoneOrStarts() throws Exception {
        try (FakeServer starts = new FakeServer(
                        link -> link.send(FakeServer.error("FATAL", "57P03")), (link, message) -> false);
                RouterUnderTest waiting = RouterUnderTest.start(
                        starts.address(), Knobs.pool(1).access(List.of(AccessRule.SCRAM_FOR_ALL)));
                ExecutorService clients = Executors.newSingleThreadExecutor()) {
            Future<String> asked = clients.submit(() -> portSeenBy(waiting));
            Postgres.until("it was asked again", () -> starts.begun() > 1);
            waiting.primaryIs(2, LATTER.address());
            assertThat(asked.get()).isEqualTo(port(LATTER));
        }
    }

    /** By a client whose role the router has to ask for. */
    private static String portSeenBy(RouterUnderTest router) throws Exception {
        try (Connection client =
                router.connect(EmbeddedServer.SUPERUSER, "postgres", "&password=" + EmbeddedServer.PASSWORD)) {
            return Sql.value(client, "show port");
        }
    }
}
