package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.closeStatement;
import static io.understudy.router.proof.Wire.copyData;
import static io.understudy.router.proof.Wire.copyDone;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.flush;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All share one server connection, and whatever one of them does, another gets its own answers and nothing else. */
@Timeout(60)
class SharedServersTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String NOT_THERE = "E26000 ZI";
    private static final String COPY_BEGAN = "1 2 G";
    private static final int HALF_A_BIND = 1000;

    private RouterUnderTest router;
    private Wire one;
    private Wire other;

    @BeforeEach
    void connect() throws Exception {
        POSTGRES.execute("drop table if exists numbers", "create table numbers (i int)");
        router = POSTGRES.routed(Knobs.pool(1));
        one = router.wire();
        other = router.wire();
    }

    @AfterEach
    void everybodyGetsTheirOwn() throws Exception {
        try (Wire early = other;
                Wire late = router.wire()) {
            for (int i = 0; i < 3; i++) {
                assertThat(early.ask("select 'other " + i + "'")).isEqualTo("T D(other " + i + ") C(SELECT 1) ZI");
                assertThat(late.ask("select 'late " + i + "'")).isEqualTo("T D(late " + i + ") C(SELECT 1) ZI");
            }
        } finally {
            one.close();
            router.close();
        }
    }

    // Copies

    @Test
    void syncAndFlushInASimpleCopyThatFailsAreNobodyElses() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        try (Wire third = router.wire()) {
            other.send(query("select 'other' from pg_sleep(0.2)"));
            third.send(query("select 'third'"));
            one.send(copyData("bad\n"), sync(), flush());
            assertThat(one.line()).isEqualTo("E22P02 ZI");
            assertThat(other.line()).isEqualTo("T D(other) C(SELECT 1) ZI");
            assertThat(third.line()).isEqualTo("T D(third) C(SELECT 1) ZI");
        }
        assertThat(one.ask("select 'one'")).isEqualTo("T D(one) C(SELECT 1) ZI");
    }

    @Test
    void syncAndFlushInASimpleCopyThatGoesWellAreOverlooked() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        assertThat(one.ask(copyData("1\n"), sync(), flush(), copyData("2\n"), copyDone()))
                .isEqualTo("C(COPY 2) ZI");
        assertThat(one.value("select sum(i) from numbers")).isEqualTo("3");
    }

    @Test
    void dataOfACopyThatFailedMeanwhileGoesNowhere() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        assertThat(one.ask(copyData("bad\n"))).isEqualTo("E22P02 ZI");
        one.send(copyData("1\n"), copyData("2\n"), copyDone());
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void aSyncAfterAnErrorOfAnExtendedCopyIsAnsweredToItsSender() throws Exception {
        one.send(parse("", "copy numbers from stdin"), bind(""), execute(), flush());
        assertThat(copyBegins(one)).isEqualTo(COPY_BEGAN);
        one.send(copyData("bad\n"));
        assertThat(one.expect('E').field('C')).isEqualTo("22P02");
        other.send(query("select 'other'"));
        one.send(sync(), query("select 'one' from pg_sleep(0.2)"));
        assertThat(other.line()).isEqualTo("T D(other) C(SELECT 1) ZI");
        assertThat(one.line()).isEqualTo("ZI");
        assertThat(one.line()).isEqualTo("T D(one) C(SELECT 1) ZI");
    }

    @Test
    void whatIsLeftOfAFailedExtendedCopyIsOverlookedUpToSync() throws Exception {
        one.send(parse("", "copy numbers from stdin"), bind(""), execute(), flush());
        assertThat(copyBegins(one)).isEqualTo(COPY_BEGAN);
        assertThat(one.ask(copyData("bad\n"), flush(), copyData("1\n"), copyDone(), sync()))
                .isEqualTo("E22P02 ZI");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    // Errors in a batch

    @Test
    void aQueryBehindAFailedParseIsLeftOut() throws Exception {
        assertThat(one.ask(parse("", "selec"), query("select 2"), sync())).isEqualTo("E42601 ZI");
        assertThat(other.value("select 3")).isEqualTo("3");
        assertThat(one.value("select 4")).isEqualTo("4");
    }

    @Test
    void aQueryBetweenAnErrorAndItsSyncIsLeftOut() throws Exception {
        one.send(parse("", "selec"), flush());
        assertThat(one.expect('E').field('C')).isEqualTo("42601");
        other.send(query("select 3"));
        one.send(query("select 2"));
        one.send(bind(""), execute());
        one.send(sync());
        assertThat(one.line()).isEqualTo("ZI");
        assertThat(other.line()).isEqualTo("T D(3) C(SELECT 1) ZI");
        assertThat(one.value("select 4")).isEqualTo("4");
    }

    @Test
    void aClientThatLeavesBetweenAnErrorAndItsSyncHoldsNothing() throws Exception {
        one.send(parse("", "selec"), flush());
        one.expect('E');
        one.close();
        assertThat(other.value("select 3")).isEqualTo("3");
    }

    // Prepared statements

    @Test
    void whoNeverPreparedAnythingRunsNobodyElsesUnnamedStatement() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(other.ask(parse("", "select 'secret'"), bind(""), execute(), sync()))
                    .isEqualTo("1 2 D(secret) C(SELECT 1) ZI");
            assertThat(one.ask(bind(""), execute(), sync())).isEqualTo(NOT_THERE);
            assertThat(one.ask(Wire.describeStatement(""), sync())).isEqualTo(NOT_THERE);
        }
    }

    @Test
    void whatAFailedPipelineWouldHaveClosedAndPreparedIsAsBefore() throws Exception {
        assertThat(one.ask(parse("a", "select 1"), sync())).isEqualTo("1 ZI");
        assertThat(one.ask(parse("", "selec"), closeStatement("a"), parse("a", "select 2"), sync()))
                .isEqualTo("E42601 ZI");
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
    }

    @Test
    void whatAFailedPipelineWouldHavePreparedIsNotThereForAnybody() throws Exception {
        assertThat(one.ask(parse("", "selec"), parse("a", "select 5"), bind("a"), execute(), sync()))
                .isEqualTo("E42601 ZI");
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo(NOT_THERE);
        assertThat(other.ask(parse("b", "select 5"), bind("b"), execute(), sync()))
                .isEqualTo("1 2 D(5) C(SELECT 1) ZI");
    }

    @Test
    void aStatementDeallocatedInAQueryThatFailsIsStillThereForOthers() throws Exception {
        assertThat(one.ask(parse("x", "select 77"), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(parse("y", "select 77"), sync())).isEqualTo("1 ZI");
        assertThat(one.ask("begin; commit; deallocate x; commit; select 1/0")).endsWith("E22012 ZI");
        for (int i = 0; i < 2; i++) {
            assertThat(other.ask(bind("y"), execute(), sync())).isEqualTo("2 D(77) C(SELECT 1) ZI");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"DISCARD ALL", "DEALLOCATE ALL"})
    void messagesBehindAQueryThatForgetsAllFindTheirOwnStatements(String forget) throws Exception {
        assertThat(one.ask(parse("a", "select 41"), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(parse("a", "select 41"), sync())).isEqualTo("1 ZI");
        one.send(query(forget), parse("b", "select 41"), bind("b"), execute(), sync());
        assertThat(one.line()).isEqualTo("C(" + forget + ") ZI");
        assertThat(one.line()).isEqualTo("1 2 D(41) C(SELECT 1) ZI");
        assertThat(one.ask(bind("b"), execute(), sync())).isEqualTo("2 D(41) C(SELECT 1) ZI");
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo(NOT_THERE);
        assertThat(other.ask(bind("a"), execute(), sync())).isEqualTo("2 D(41) C(SELECT 1) ZI");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DISCARD ALL", "DEALLOCATE ALL"})
    void messagesBehindAnExecutionThatForgetsAllFindTheirOwnStatements(String forget) throws Exception {
        assertThat(one.ask(parse("a", "select 41"), sync())).isEqualTo("1 ZI");
        one.send(parse("", forget), bind(""), execute(), sync(), parse("b", "select 41"), bind("b"), execute(), sync());
        assertThat(one.line()).isEqualTo("1 2 C(" + forget + ") ZI");
        assertThat(one.line()).isEqualTo("1 2 D(41) C(SELECT 1) ZI");
        assertThat(one.ask(bind("b"), execute(), sync())).isEqualTo("2 D(41) C(SELECT 1) ZI");
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo(NOT_THERE);
    }

    // Half of something

    @Test
    void aMessageOfWhichOnlyTheBeginningCameHoldsNoServer() throws Exception {
        byte[] whole = query("select 'whole'");
        for (int sent : new int[] {1, Wire.HEADER_BYTES, Wire.HEADER_BYTES + 3}) {
            one.send(Arrays.copyOf(whole, sent));
            assertThat(other.value("select 1")).isEqualTo("1");
            assertThat(one.ask(Arrays.copyOfRange(whole, sent, whole.length))).isEqualTo("T D(whole) C(SELECT 1) ZI");
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfABindGivesItsLocksBack() throws Exception {
        one.ask("begin");
        one.ask("lock table numbers");
        byte[] half = Wire.header(
                'B', 1_000_000, Wire.join(new byte[] {0, 0, 0, 0, 0, 1, 0, 13, 0, 0}, new byte[HALF_A_BIND]));
        one.send(parse("", "select $1::text"), half);
        one.close();
        POSTGRES.await("not exists (select from pg_locks where relation = 'numbers'::regclass)");
        assertThat(other.value("select 1")).isEqualTo("1");
    }

    @Test
    void aClientThatLeavesWhileItCopiesLeavesNothing() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        one.send(copyData("1\n"));
        one.close();
        assertThat(other.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void aClientThatLeavesInTheMiddleOfARowOfACopyLeavesNothing() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        one.send(copyData("1\n"), Wire.header('d', 100_000, (byte) '2'));
        one.close();
        assertThat(other.value("select count(*) from numbers")).isEqualTo("0");
    }

    // Servers that end

    @Test
    void aCopyWhoseServerIsKilledIsToldAndItsClientGoesOn() throws Exception {
        one.send(parse("", "copy numbers from stdin"), bind(""), execute(), flush());
        assertThat(copyBegins(one)).isEqualTo(COPY_BEGAN);
        one.send(copyData("1\n"));
        terminateAll();
        assertThat(one.expect('E').field('C')).isEqualTo("40003");
        assertThat(one.ask(copyData("2\n"), copyDone(), sync())).isEqualTo("ZI");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void aTransactionWhoseServerIsKilledIsToldAndItsClientGoesOn() throws Exception {
        one.ask("begin");
        one.ask("insert into numbers values (1)");
        terminateAll();
        assertThat(one.ask("insert into numbers values (2)")).isEqualTo("E40001 ZI");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    // Settings

    @Test
    void setRoleNoneEndsARoleFromTheStart() throws Exception {
        POSTGRES.execute("drop role if exists actor", "create role actor");
        one.close();
        one = router.wire("options", "-c role=actor");
        assertThat(one.value("select current_user")).isEqualTo("actor");
        assertThat(other.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
        one.ask("set role none");
        for (int i = 0; i < 2; i++) {
            assertThat(one.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
            assertThat(other.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
        }
    }

    @Test
    void resetAllOfAPinnedClientGoesBackToItsStart() throws Exception {
        one.close();
        one = router.wire("application_name", "mine", "options", "-c work_mem=5MB");
        one.ask("create temporary table kept (i int)");
        one.ask("set work_mem = '7MB'");
        one.ask("reset all");
        assertThat(one.value("show work_mem")).isEqualTo("5MB");
        assertThat(one.value("show application_name")).isEqualTo("mine");
        one.ask("drop table kept");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("5MB");
    }

    private static String copyBegins(Wire wire) throws Exception {
        return wire.expect('1') + " " + wire.expect('2') + " " + wire.expect('G');
    }

    private static void terminateAll() throws Exception {
        POSTGRES.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '"
                + EmbeddedServer.TRUSTED + "'");
    }
}
