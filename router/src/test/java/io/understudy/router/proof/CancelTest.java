package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cancel request ends what runs for its own client, and nothing else. */
@Timeout(60)
class CancelTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String CANCELLED = "E57014 ZI";
    private static final String RUNS =
            "exists (select from pg_stat_activity where state = 'active' and query like '%s' and pid <> pg_backend_pid())";

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
    }

    @Test
    void aRunningQueryIsCancelled() throws Exception {
        one.send(query("select 'simple', pg_sleep(50)"));
        POSTGRES.await(RUNS.formatted("%simple%sleep%"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).isEqualTo("T " + CANCELLED);
        assertThat(one.value("select 1")).isEqualTo("1");
        assertThat(other.value("select 2")).isEqualTo("2");
    }

    @Test
    void aRunningExecutionIsCancelled() throws Exception {
        one.send(parse("", "select 'extended', pg_sleep(50)"), bind(""), execute(), sync());
        POSTGRES.await(RUNS.formatted("%extended%sleep%"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).isEqualTo("1 2 " + CANCELLED);
        assertThat(one.value("select 1")).isEqualTo("1");
    }

    @Test
    void aWaitingQueryIsCancelledWithoutTouchingWhoHasTheServer() throws Exception {
        other.send(query("select 'busy', pg_sleep(0.5)"));
        POSTGRES.await(RUNS.formatted("%busy%sleep%"));
        one.send(query("select 1"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).isEqualTo(CANCELLED);
        assertThat(other.line()).isEqualTo("T D C(SELECT 1) ZI");
        assertThat(one.value("select 2")).isEqualTo("2");
    }

    @Test
    void whereNothingRunsNothingIsCancelled() throws Exception {
        one.ask("begin");
        for (int i = 0; i < 5; i++) {
            Wire.cancel(router.address(), one);
            assertThat(one.ask("select 1")).isEqualTo("T D(1) C(SELECT 1) ZT");
        }
        one.ask("commit");
        other.send(query("select 'others', pg_sleep(0.3)"));
        POSTGRES.await(RUNS.formatted("%others%sleep%"));
        Wire.cancel(router.address(), one);
        assertThat(other.line()).isEqualTo("T D C(SELECT 1) ZI");
    }

    @Test
    void aWrongSecretCancelsNothing() throws Exception {
        byte[] key = one.greeting().stream()
                .filter(message -> message.type() == 'K')
                .findFirst()
                .orElseThrow()
                .body()
                .clone();
        key[key.length - 1] ^= 1;
        one.send(query("select 'kept', pg_sleep(0.3)"));
        POSTGRES.await(RUNS.formatted("%kept%sleep%"));
        Wire.cancel(router.address(), key);
        Wire.cancel(router.address(), ByteBuffer.allocate(Integer.BYTES * 2).array());
        assertThat(one.line()).isEqualTo("T D C(SELECT 1) ZI");
    }

    @Test
    void aCommitIsNotCancelled() throws Exception {
        POSTGRES.execute(
                "create table slow (i int)",
                "create function linger() returns trigger language plpgsql as"
                        + " 'begin perform pg_sleep(0.4); return null; end'",
                "create constraint trigger lingering after insert on slow deferrable initially deferred"
                        + " for each row execute function linger()");
        one.ask("begin; insert into slow values (1)");
        one.send(parse("", "commit"), bind(""), execute(), sync());
        POSTGRES.await(RUNS.formatted("commit"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).isEqualTo("1 2 C(COMMIT) ZI");
        one.ask("begin; insert into slow values (2)");
        one.send(query("commit"));
        POSTGRES.await(RUNS.formatted("commit"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).isEqualTo("C(COMMIT) ZI");
        assertThat(other.value("select count(*) from slow")).isEqualTo("2");
    }

    @Test
    void theNextOnTheSameServerIsNeverHit() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> bystander = threads.submit(() -> {
                int served = 0;
                while (!enough.get()) {
                    assertThat(other.ask("select 'other', pg_sleep(0.002)")).isEqualTo("T D C(SELECT 1) ZI");
                    served++;
                }
                return served;
            });
            for (int i = 0; i < 150; i++) {
                one.send(query("select 'one', pg_sleep(0.003)"));
                Wire.cancel(router.address(), one);
                assertThat(one.line()).isIn("T D C(SELECT 1) ZI", CANCELLED, "T " + CANCELLED);
            }
            enough.set(true);
            assertThat(bystander.get()).isPositive();
        }
    }

    @Test
    void nobodyIsServedWhereACancelRequestIsOnItsWay() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        CountDownLatch cancelEnds = new CountDownLatch(1);
        AtomicBoolean nextCame = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                FakeServer server = new FakeServer((link, message) -> {
                    if (message.contains("long")) {
                        asked.countDown();
                        answer.await();
                    }
                    nextCame.compareAndSet(false, message.contains("next"));
                    return false;
                });
                RouterUnderTest shared = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire first = shared.wire();
                Wire next = shared.wire()) {
            server.cancelsEnd(cancelEnds);
            first.send(query("long"));
            asked.await();
            Future<?> cancel = threads.submit(() -> {
                Wire.cancel(shared.address(), first);
                return true;
            });
            Postgres.until("the request is on its way", () -> server.cancels() == 1);
            next.send(query("next"));
            answer.countDown();
            assertThat(first.line()).isEqualTo("T D(long) C(SELECT 1) ZI");
            // The router has seen everything by the time that somebody else was let in.
            shared.wire().close();
            assertThat(next.isSilent()).isTrue();
            assertThat(nextCame).isFalse();
            cancelEnds.countDown();
            assertThat(next.line()).isEqualTo("T D(next) C(SELECT 1) ZI");
            cancel.get();
        }
    }

    @Test
    void whatRunsForAClientThatVanishedIsCancelled() throws Exception {
        one.send(query("select 'abandoned', pg_sleep(50)"));
        POSTGRES.await(RUNS.formatted("%abandoned%sleep%"));
        one.close();
        assertThat(other.value("select 1")).isEqualTo("1");
        POSTGRES.await("not " + RUNS.formatted("%abandoned%sleep%"));
    }

    @Test
    void aCommitThatIsOnlyPreparedKeepsNoCancelAway() throws Exception {
        one.send(
                parse("c", "commit"),
                parse("", "select 'beside', pg_sleep(50)"),
                bind(""),
                execute(),
                sync(),
                bind("c"),
                execute(),
                sync());
        POSTGRES.await(RUNS.formatted("%beside%sleep%"));
        Wire.cancel(router.address(), one);
        assertThat(one.line()).endsWith(CANCELLED);
        assertThat(one.line()).isEqualTo("2 C(COMMIT) ZI");
    }
}
