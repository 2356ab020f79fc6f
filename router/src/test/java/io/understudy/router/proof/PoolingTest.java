package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.flush;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.router.RouterSettings.AccessRule;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Who gets a server connection when, and who is told that there is none. */
@Timeout(60)
class PoolingTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String TOO_MANY = "53300";
    private static final Duration SOON = Duration.ofMillis(200);

    @Test
    void fiftyClientsShareTwoServerConnections() throws Exception {
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(2));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch connected = new CountDownLatch(50);
            List<Future<Set<Integer>>> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                int number = i;
                clients.add(threads.submit(() -> {
                    try (Connection connection = routed.connect()) {
                        connected.countDown();
                        assertThat(connected.await(30, TimeUnit.SECONDS)).isTrue();
                        Set<Integer> backends = new HashSet<>();
                        for (int round = 0; round < 10; round++) {
                            backends.add(Sql.backend(connection));
                            assertThat(Sql.value(connection, "select " + (number * 100 + round)))
                                    .isEqualTo(String.valueOf(number * 100 + round));
                        }
                        return backends;
                    }
                }));
            }
            Set<Integer> all = new HashSet<>();
            for (Future<Set<Integer>> client : clients) {
                all.addAll(client.get());
            }
            assertThat(all).hasSizeBetween(1, 2);
        }
    }

    @Test
    void aUsersLimitCountsInAllDatabases() throws Exception {
        POSTGRES.execute("create database other");
        refusedWhileOneIsBusy(Knobs.pool(5).limits(1, 80, 80), EmbeddedServer.TRUSTED, "other");
        servedWhileOneIsBusy(Knobs.pool(5).limits(1, 80, 80), EmbeddedServer.GUEST, "other");
    }

    @Test
    void aDatabasesLimitCountsForAllUsers() throws Exception {
        refusedWhileOneIsBusy(Knobs.pool(5).limits(80, 1, 80), EmbeddedServer.GUEST, "postgres");
        servedWhileOneIsBusy(Knobs.pool(5).limits(80, 1, 80), EmbeddedServer.GUEST, "template1");
    }

    @Test
    void theLimitInAllCountsForEverybody() throws Exception {
        refusedWhileOneIsBusy(Knobs.pool(5).limits(80, 80, 1), EmbeddedServer.GUEST, "template1");
        servedWhileOneIsBusy(Knobs.pool(5).limits(80, 80, 2), EmbeddedServer.GUEST, "template1");
    }

    @Test
    void aPoolThatRestsMakesRoomForAnother() throws Exception {
        role(EmbeddedServer.GUEST);
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(5).limits(80, 80, 1));
                Connection first = routed.connect();
                Connection second = routed.connect(EmbeddedServer.GUEST, "postgres", "")) {
            for (int i = 0; i < 5; i++) {
                assertThat(Sql.value(first, "select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
                assertThat(Sql.value(second, "select current_user")).isEqualTo(EmbeddedServer.GUEST);
            }
        }
    }

    @Test
    void atTheLimitNoPoolStarvesAnother() throws Exception {
        role(EmbeddedServer.GUEST);
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(5).limits(80, 80, 2));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Connection rare = routed.connect(EmbeddedServer.GUEST, "postgres", "")) {
            CountDownLatch enough = new CountDownLatch(1);
            CountDownLatch busy = new CountDownLatch(8);
            List<Future<Integer>> greedy = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                greedy.add(threads.submit(() -> {
                    int served = 0;
                    try (Connection connection = routed.connect()) {
                        while (enough.getCount() > 0) {
                            Sql.execute(connection, "select pg_sleep(0.002)");
                            served++;
                            busy.countDown();
                        }
                    }
                    return served;
                }));
            }
            assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 10; i++) {
                long begun = System.nanoTime();
                assertThat(Sql.value(rare, "select current_user")).isEqualTo(EmbeddedServer.GUEST);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
            }
            enough.countDown();
            for (Future<Integer> one : greedy) {
                assertThat(one.get()).isPositive();
            }
        }
    }

    @Test
    void whoWaitsTooLongIsToldWhyAndGoesOn() throws Exception {
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(1).queueTimeout(SOON));
                Connection first = routed.connect();
                Wire second = routed.wire()) {
            first.setAutoCommit(false);
            Sql.backend(first);
            second.send(query("select 1"));
            Wire.Message error = second.expect('E');
            assertThat(error.field('C')).isEqualTo(TOO_MANY);
            assertThat(error.field('D') + error.field('M'))
                    .contains(
                            EmbeddedServer.TRUSTED + "@postgres", "1 server connections (at most 1)", "0 of them free");
            assertThat(second.expect('Z').body()).containsExactly('I');
            first.commit();
            assertThat(second.value("select 2")).isEqualTo("2");
        }
    }

    @Test
    void whatIsPipelinedBehindARefusalIsLeftOutUpToSync() throws Exception {
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(1).queueTimeout(SOON));
                Connection first = routed.connect();
                Wire second = routed.wire()) {
            first.setAutoCommit(false);
            Sql.backend(first);
            assertThat(second.ask(
                            parse("", "select 1"),
                            bind(""),
                            execute(),
                            parse("left_out", "select 1"),
                            bind("left_out"),
                            execute(),
                            sync()))
                    .isEqualTo("E" + TOO_MANY + " ZI");
            first.commit();
            second.send(parse("", "select 3"), bind(""), execute(), sync());
            second.send(bind("left_out"), execute(), sync());
            assertThat(second.line()).isEqualTo("1 2 D(3) C(SELECT 1) ZI");
            assertThat(second.line()).as("what was left out was not prepared").isEqualTo("E26000 ZI");
        }
    }

    @Test
    void theSyncBehindARefusalMayComeLate() throws Exception {
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(1).queueTimeout(SOON));
                Connection first = routed.connect();
                Wire second = routed.wire()) {
            first.setAutoCommit(false);
            Sql.backend(first);
            second.send(parse("", "select 1"), flush());
            assertThat(second.expect('E').field('C')).isEqualTo(TOO_MANY);
            first.commit();
            second.send(bind(""), execute());
            second.send(sync());
            assertThat(second.line()).isEqualTo("ZI");
            assertThat(second.value("select 4")).isEqualTo("4");
        }
    }

    @Test
    void noMoreThanTheMostMayWait() throws Exception {
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(1).maxWaiting(1));
                Connection first = routed.connect();
                Wire second = routed.wire();
                Wire third = routed.wire()) {
            first.setAutoCommit(false);
            Sql.backend(first);
            second.send(query("select 2"));
            assertThat(third.ask("select 3")).isEqualTo("E" + TOO_MANY + " ZI");
            first.commit();
            assertThat(second.line()).isEqualTo("T D(2) C(SELECT 1) ZI");
            assertThat(third.value("select 3")).isEqualTo("3");
        }
    }

    @Test
    void aClientThatLeavesInATransactionLeavesNothingOfIt() throws Exception {
        POSTGRES.execute("create table left_behind (a int)");
        try (RouterUnderTest routed = POSTGRES.routed(Knobs.pool(1));
                Connection next = routed.connect()) {
            for (int round = 0; round < 10; round++) {
                try (Wire leaving = routed.wire()) {
                    leaving.send(query("begin"));
                    leaving.awaitReady();
                    leaving.send(query("insert into left_behind values (1)"));
                    leaving.awaitReady();
                }
                assertThat(Sql.value(next, "select count(*) from left_behind")).isEqualTo("0");
                assertThat(Sql.value(next, "select pg_current_xact_id_if_assigned() is null"))
                        .isEqualTo("t");
            }
        }
    }

    @Test
    void inSessionModeAClientKeepsItsServerConnection() throws Exception {
        try (RouterUnderTest routed =
                POSTGRES.routed(Knobs.pool(2).sessionMode().queueTimeout(SOON))) {
            int firsts;
            try (Connection first = routed.connect();
                    Connection second = routed.connect()) {
                firsts = Sql.backend(first);
                int seconds = Sql.backend(second);
                assertThat(firsts).isNotEqualTo(seconds);
                Sql.execute(first, "create temporary table mine (a int)");
                for (int i = 0; i < 3; i++) {
                    assertThat(Sql.backend(second)).isEqualTo(seconds);
                    assertThat(Sql.backend(first)).isEqualTo(firsts);
                }
                assertThatThrownBy(routed::connect)
                        .as("nobody gives one back")
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                refused -> assertThat(refused.getSQLState()).isEqualTo(TOO_MANY));
            }
            try (Connection later = routed.connect()) {
                assertThat(Sql.value(later, "select to_regclass('mine') is null"))
                        .isEqualTo("t");
            }
        }
    }

    private static void role(String name) throws SQLException {
        POSTGRES.execute("do $$ begin create role " + name
                + " login; exception when duplicate_object or unique_violation then null; end $$");
    }

    private static void refusedWhileOneIsBusy(Knobs knobs, String user, String database) throws Exception {
        role(EmbeddedServer.GUEST);
        try (RouterUnderTest routed = POSTGRES.routed(knobs.queueTimeout(SOON));
                Connection busy = routed.connect()) {
            busy.setAutoCommit(false);
            Sql.backend(busy);
            assertThatThrownBy(() -> routed.connect(user, database, "").close())
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            refused -> assertThat(refused.getSQLState()).isEqualTo(TOO_MANY));
            busy.commit();
            routed.connect(user, database, "").close();
        }
    }

    private static void servedWhileOneIsBusy(Knobs knobs, String user, String database) throws Exception {
        role(EmbeddedServer.GUEST);
        try (RouterUnderTest routed = POSTGRES.routed(knobs.queueTimeout(Duration.ofSeconds(10)));
                Connection busy = routed.connect()) {
            busy.setAutoCommit(false);
            Sql.backend(busy);
            try (Connection other = routed.connect(user, database, "")) {
                assertThat(Sql.value(other, "select current_user")).isEqualTo(user);
            }
        }
    }

    @Test
    void loweredLimitsHoldForWhatIsThereAlready() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(6).limits(6, 6, 6))) {
            List<Wire> busy = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Wire wire = router.wire();
                busy.add(wire);
                wire.ask("begin");
            }
            router.reload(Knobs.pool(6).limits(6, 6, 2));
            for (Wire wire : busy) {
                wire.ask("commit");
            }
            POSTGRES.await(
                    "(select count(*) from pg_stat_activity where usename = '" + EmbeddedServer.TRUSTED + "') <= 2");
            for (Wire wire : busy) {
                assertThat(wire.value("select 1")).isEqualTo("1");
                wire.close();
            }
        }
    }

    @Test
    void whoHasAnOldPasswordIsLetGoToLogInAnew() throws Exception {
        POSTGRES.execute("create role rotating login password 'before'");
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1).access(List.of(AccessRule.SCRAM_FOR_ALL)));
                Connection client = router.connect("rotating", "postgres", "&password=before")) {
            assertThat(Sql.value(client, "select 1")).isEqualTo("1");
            POSTGRES.execute(
                    "alter role rotating password 'after'",
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rotating'");
            POSTGRES.await("not exists (select from pg_stat_activity where usename = 'rotating')");
            PSQLException refused = refusal(client);
            if ("40003".equals(refused.getSQLState())) {
                // The router had not heard yet that its server connection is gone.
                refused = refusal(client);
            }
            assertThat(refused.getSQLState()).isEqualTo("28P01");
            // A pool of connections keeps one that answers with an error, and discards one that is closed.
            assertThat(refused.getServerErrorMessage())
                    .extracting(ServerErrorMessage::getSeverity)
                    .isEqualTo("FATAL");
            try (Connection anew = router.connect("rotating", "postgres", "&password=after")) {
                assertThat(Sql.value(anew, "select 1")).isEqualTo("1");
            }
        } finally {
            POSTGRES.execute("drop role rotating");
        }
    }

    private static PSQLException refusal(Connection client) {
        return assertThatExceptionOfType(PSQLException.class)
                .isThrownBy(() -> Sql.value(client, "select 1"))
                .actual();
    }
}
