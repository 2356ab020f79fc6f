package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.closeStatement;
import static io.understudy.router.proof.Wire.describeStatement;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prepared statements, by messages and by SQL, are their client's own on every server connection. */
@Timeout(60)
class PreparedStatementsTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String NOT_THERE = "E26000 ZI";
    private static final String THERE_ALREADY = "E42P05 ZI";

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

    /** From now on the other client has the server connection that was used so far. */
    private void moveToAnotherServer() throws Exception {
        router.reload(Knobs.pool(2));
        String before = one.value("select pg_backend_pid()");
        other.ask("begin");
        assertThat(other.value("select pg_backend_pid()")).isEqualTo(before);
        assertThat(one.value("select pg_backend_pid()")).isNotEqualTo(before);
    }

    @Test
    void twoClientsMayUseOneNameForDifferentStatements() throws Exception {
        assertThat(one.ask(parse("s", "select 1"), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(parse("s", "select 2"), sync())).isEqualTo("1 ZI");
        for (int i = 0; i < 2; i++) {
            assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
            assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2) C(SELECT 1) ZI");
        }
    }

    /** What comes next runs on a server connection that nobody has prepared anything on. */
    private void replaceServer() throws Exception {
        one.ask("select pg_terminate_backend(pg_backend_pid())");
    }

    @Test
    void whatTheServerSkipsForgetsNothing() throws Exception {
        one.ask(parse("s", "select 1"), sync());
        one.ask(parse("", "select 2"), sync());
        // Fails at its first message: neither is the statement forgotten, nor the unnamed one replaced or closed.
        assertThat(one.ask(execute(), parse("d", "deallocate s"), bind("d"), execute(), parse("", "select 3"), sync()))
                .isEqualTo("E34000 ZI");
        assertThat(one.ask(execute(), closeStatement(""), sync())).isEqualTo("E34000 ZI");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
        assertThat(one.ask(bind(""), execute(), sync())).isEqualTo("2 D(2) C(SELECT 1) ZI");
    }

    @Test
    void aStatementIsForgottenWhenDeallocateRuns() throws Exception {
        one.ask(parse("s", "select 1"), sync());
        assertThat(one.ask(parse("d", "deallocate s"), bind("s"), execute(), sync()))
                .isEqualTo("1 2 D(1) C(SELECT 1) ZI");
        assertThat(one.ask(bind("d"), execute(), sync())).isEqualTo("2 C(DEALLOCATE) ZI");
        assertThat(one.ask(bind("s"), sync())).isEqualTo(NOT_THERE);
        one.ask(parse("s", "select 4"), sync());
        // By now the name stands for another statement.
        assertThat(one.ask(bind("d"), execute(), sync())).isEqualTo("2 C(DEALLOCATE) ZI");
        assertThat(one.ask(bind("s"), sync())).isEqualTo(NOT_THERE);
    }

    @Test
    void statementsThatCanNoLongerBePreparedAreRefusedNotTriedForEver() throws Exception {
        one.ask("create table short_lived (x int)");
        one.ask("prepare a as select 1 from short_lived");
        one.ask("prepare b as select 2 from short_lived");
        one.ask("drop table short_lived");
        replaceServer();
        assertThat(one.ask("execute a; execute b")).isEqualTo(NOT_THERE);
        assertThat(one.ask("deallocate a; deallocate b")).isEqualTo("C(DEALLOCATE) C(DEALLOCATE) ZI");
        assertThat(one.ask("deallocate b")).isEqualTo(NOT_THERE);
    }

    @Test
    void aSecondStatementOfANameIsRefusedByThatNameAndCostsNoServer() throws Exception {
        one.ask(parse("s", "select 1"), sync());
        one.ask("prepare q as select 2");
        String server = one.value("select pg_backend_pid()");
        one.send(Wire.join(parse("s", "select 3"), sync()));
        assertThat(one.expect('E').field('M')).isEqualTo("prepared statement \"s\" already exists");
        one.expect('Z');
        one.send(Wire.query("prepare q as select 4"));
        assertThat(one.expect('E').field('M')).isEqualTo("prepared statement \"q\" already exists");
        one.expect('Z');
        assertThat(one.value("select pg_backend_pid()")).isEqualTo(server);
    }

    @Test
    void clientsShareAStatementThatMeansTheSameForThem() throws Exception {
        one.ask(parse("a", "select 'shared'"), sync());
        other.ask(parse("b", "select 'shared'"), sync());
        replaceServer();
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo("2 D(shared) C(SELECT 1) ZI");
        assertThat(other.ask(bind("b"), execute(), sync())).isEqualTo("2 D(shared) C(SELECT 1) ZI");
        assertThat(one.value("select count(*) from pg_prepared_statements where statement = 'select ''shared'''"))
                .isEqualTo("1");
    }

    @Test
    void aTableMadeAnewGivesAStatementItsNewTypes() throws Exception {
        for (String type : List.of("date", "text")) {
            one.ask("drop table if exists made_anew");
            one.ask("create table made_anew (x " + type + ")");
            String name = "insert_" + type;
            other.ask(parse(name, "insert into made_anew values ($1)"), sync());
            assertThat(other.ask(bind(name, "2020-01-01 12:30"), execute(), sync()))
                    .isEqualTo("2 C(INSERT 0 1) ZI");
            replaceServer();
            other.ask(bind(name, "2020-01-01 12:30"), execute(), sync());
            String expected = type.equals("date") ? "2020-01-01" : "2020-01-01 12:30";
            assertThat(one.value("select string_agg(x::text, ',') from made_anew"))
                    .isEqualTo(expected + "," + expected);
        }
    }

    @Test
    void aStatementMeansWhatItsClientsSearchPathSays() throws Exception {
        one.ask(
                "create schema dates; create table dates.t (x date); create schema texts; create table texts.t (x text)");
        one.ask("set search_path = dates");
        other.ask("set search_path = texts");
        one.ask(parse("s", "insert into t values ($1)"), sync());
        other.ask(parse("s", "insert into t values ($1)"), sync());
        for (int i = 0; i < 2; i++) {
            one.ask(bind("s", "2020-01-01 12:30"), execute(), sync());
            other.ask(bind("s", "2020-01-01 12:30"), execute(), sync());
            replaceServer();
        }
        assertThat(one.value("select string_agg(x::text, ',') from t")).isEqualTo("2020-01-01,2020-01-01");
        assertThat(other.value("select string_agg(x, ',') from t")).isEqualTo("2020-01-01 12:30,2020-01-01 12:30");
    }

    @Test
    void aLiteralInAStatementIsReadByItsClientsSettings() throws Exception {
        one.ask("set datestyle = 'ISO, DMY'");
        other.ask("set datestyle = 'ISO, MDY'");
        one.ask(parse("s", "select date '02/01/2020'"), sync());
        other.ask(parse("s", "select date '02/01/2020'"), sync());
        for (int i = 0; i < 2; i++) {
            assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2020-01-02) C(SELECT 1) ZI");
            assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2020-02-01) C(SELECT 1) ZI");
            replaceServer();
        }
    }

    @Test
    void aSettingChangedAfterPreparingConcernsNobodyElse() throws Exception {
        one.ask(parse("s", "select date '02/01/2020'"), sync());
        other.ask(parse("s", "select date '02/01/2020'"), sync());
        one.ask("set datestyle = 'ISO, DMY'");
        replaceServer();
        one.ask(bind("s"), execute(), sync());
        assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2020-02-01) C(SELECT 1) ZI");
    }

    @Test
    void whatASettingOfAnOpenTransactionDecidedIsNotShared() throws Exception {
        one.ask("begin");
        one.ask("set local datestyle = 'ISO, DMY'");
        one.ask(parse("s", "select date '02/01/2020'"), sync());
        one.ask("commit");
        other.ask(parse("s", "select date '02/01/2020'"), sync());
        assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2020-02-01) C(SELECT 1) ZI");
    }

    @Test
    void theUnnamedStatementIsTheClientsOwnUntilItAsksOtherwise() throws Exception {
        assertThat(one.ask(parse("", "select 1"), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(parse("", "select 2"), sync())).isEqualTo("1 ZI");
        assertThat(one.ask(bind(""), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
        assertThat(other.ask(bind(""), execute(), sync())).isEqualTo("2 D(2) C(SELECT 1) ZI");
        one.ask("select 3");
        assertThat(one.ask(bind(""), execute(), sync())).as("a query drops it").isEqualTo(NOT_THERE);
    }

    @Test
    void aStatementByMessageFollowsToAnotherServer() throws Exception {
        one.ask(parse("s", "select $1::int + 1"), sync());
        moveToAnotherServer();
        assertThat(one.ask(bind("s", "4"), execute(), sync())).isEqualTo("2 D(5) C(SELECT 1) ZI");
        assertThat(one.ask(describeStatement("s"), sync())).isEqualTo("t T ZI");
    }

    @Test
    void aStatementBySqlFollowsToAnotherServer() throws Exception {
        assertThat(one.ask("prepare s(int) as select $1 + 1")).isEqualTo("C(PREPARE) ZI");
        moveToAnotherServer();
        assertThat(one.ask("execute s(4)")).isEqualTo("T D(5) C(SELECT 1) ZI");
        assertThat(other.ask("execute s(4)")).isEqualTo("E26000 ZE");
    }

    @Test
    void aStatementByMessageIsExecutedBySqlOnAnotherServerToo() throws Exception {
        one.ask(parse("s", "select 7"), sync());
        assertThat(one.ask("execute s")).isEqualTo("T D(7) C(SELECT 1) ZI");
        moveToAnotherServer();
        assertThat(one.ask("execute s")).isEqualTo("T D(7) C(SELECT 1) ZI");
    }

    @Test
    void aStatementBySqlIsBoundByMessage() throws Exception {
        one.ask("prepare s as select 8");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(8) C(SELECT 1) ZI");
        assertThat(one.ask(describeStatement("s"), sync())).isEqualTo("t T ZI");
    }

    @Test
    void bothKindsAreOneNamespace() throws Exception {
        one.ask("prepare s as select 8");
        assertThat(one.ask(parse("s", "select 9"), sync())).isEqualTo(THERE_ALREADY);
        one.ask(parse("m", "select 9"), sync());
        assertThat(one.ask("prepare m as select 8")).isEqualTo(THERE_ALREADY);
        assertThat(one.ask(parse("m", "select 10"), sync())).isEqualTo(THERE_ALREADY);
        assertThat(one.ask("prepare s as select 8")).isEqualTo(THERE_ALREADY);
        one.ask("deallocate m");
        assertThat(one.ask(bind("m"), execute(), sync())).isEqualTo(NOT_THERE);
        assertThat(one.ask(closeStatement("s"), sync())).isEqualTo("3 ZI");
        assertThat(one.ask("execute s")).isEqualTo(NOT_THERE);
        assertThat(one.ask("deallocate m")).isEqualTo(NOT_THERE);
    }

    @Test
    void errorsNameStatementsAsTheClientDoes() throws Exception {
        one.ask(parse("mine", "select 9"), sync());
        assertThat(error(parse("mine", "select 10"))).isEqualTo("prepared statement \"mine\" already exists");
        assertThat(error(bind("nobodys"))).isEqualTo("prepared statement \"nobodys\" does not exist");
        one.send(query("execute nobodys"));
        assertThat(one.expect('E').field('M')).isEqualTo("prepared statement \"nobodys\" does not exist");
    }

    private String error(byte[] message) throws Exception {
        one.send(message, sync());
        String text = one.expect('E').field('M');
        one.expect('Z');
        return text;
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEALLOCATE ALL", "DISCARD ALL"})
    void forgettingAllForgetsTheClientsOwnOnly(String forget) throws Exception {
        one.ask(parse("s", "select 1"), sync());
        one.ask("prepare t as select 1");
        other.ask(parse("s", "select 1"), sync());
        other.ask("prepare t as select 1");
        assertThat(one.ask(forget)).isEqualTo("C(" + forget + ") ZI");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo(NOT_THERE);
        assertThat(one.ask("execute t")).isEqualTo(NOT_THERE);
        assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
        assertThat(other.ask("execute t")).isEqualTo("T D(1) C(SELECT 1) ZI");
    }

    @Test
    void whatWasEvictedIsPreparedAgain() throws Exception {
        router.reload(Knobs.pool(1).preparedStatements(2));
        for (int i = 0; i < 6; i++) {
            assertThat(one.ask(parse("s" + i, "select " + i), sync())).isEqualTo("1 ZI");
        }
        for (int i = 0; i < 30; i++) {
            int number = i * 7 % 6;
            assertThat(one.ask(bind("s" + number), execute(), sync())).isEqualTo("2 D(" + number + ") C(SELECT 1) ZI");
        }
        assertThat(one.value("select count(*) <= 2 from pg_prepared_statements where statement ~ '^select .$'"))
                .isEqualTo("t");
        assertThat(one.ask("execute s3")).isEqualTo("T D(3) C(SELECT 1) ZI");
    }

    @Test
    void allOfABatchIsThereThoughTheLimitIsSmaller() throws Exception {
        router.reload(Knobs.pool(1).preparedStatements(1));
        byte[] prepare = Wire.join(parse("a", "select 1"), parse("b", "select 2"), parse("c", "select 3"));
        byte[] run = Wire.join(bind("a"), execute(), bind("b"), execute(), bind("c"), execute());
        assertThat(one.ask(prepare, run, sync()))
                .isEqualTo("1 1 1 2 D(1) C(SELECT 1) 2 D(2) C(SELECT 1) 2 D(3) C(SELECT 1) ZI");
    }

    @Test
    void afterATableChangedItsShapeStatementsAreThereAgain() throws Exception {
        POSTGRES.execute("create table shaped (i int)", "insert into shaped values (1)");
        one.ask(parse("s", "select * from shaped"), sync());
        other.ask(parse("t", "select * from shaped"), sync());
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(1) C(SELECT 1) ZI");
        POSTGRES.execute("alter table shaped add j int");
        assertThat(one.ask(bind("s"), execute(), sync())).isIn("E0A000 ZI", "2 D C(SELECT 1) ZI");
        for (int i = 0; i < 2; i++) {
            assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D C(SELECT 1) ZI");
            assertThat(other.ask(bind("t"), execute(), sync())).isEqualTo("2 D C(SELECT 1) ZI");
        }
    }

    @Test
    void aNameWhoseParseFailedIsFree() throws Exception {
        assertThat(one.ask(parse("s", "selec"), sync())).isEqualTo("E42601 ZI");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo(NOT_THERE);
        assertThat(one.ask(parse("s", "select 1"), bind("s"), execute(), sync()))
                .isEqualTo("1 2 D(1) C(SELECT 1) ZI");
    }

    @Test
    void aPrepareAndADeallocateOutliveARollback() throws Exception {
        one.ask(parse("gone", "select 1"), sync());
        one.ask("begin");
        one.ask(parse("kept", "select 2"), sync());
        one.ask("deallocate gone");
        one.ask("rollback");
        other.ask("select 1");
        assertThat(one.ask(bind("kept"), execute(), sync())).isEqualTo("2 D(2) C(SELECT 1) ZI");
        assertThat(one.ask(bind("gone"), execute(), sync())).isEqualTo(NOT_THERE);
    }

    @Test
    void driversThatPrepareEverythingShareAServer() throws Exception {
        try (Connection first = router.connect("&prepareThreshold=1");
                Connection second = router.connect("&prepareThreshold=1");
                PreparedStatement plus = first.prepareStatement("select ?::int + 1");
                PreparedStatement minus = second.prepareStatement("select ?::int - 1")) {
            for (int i = 0; i < 10; i++) {
                plus.setInt(1, i);
                minus.setInt(1, i);
                try (ResultSet more = plus.executeQuery();
                        ResultSet less = minus.executeQuery()) {
                    assertThat(more.next() && less.next()).isTrue();
                    assertThat(more.getInt(1)).isEqualTo(i + 1);
                    assertThat(less.getInt(1)).isEqualTo(i - 1);
                }
            }
        }
    }

    @Test
    void anUnnamedStatementThatFailedIsNotThere() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            assertThat(one.ask(parse("", "select from later"), sync())).isEqualTo("E42P01 ZI");
            assertThat(other.ask(parse("", "create table later ()"), bind(""), execute(), sync()))
                    .isEqualTo("1 2 C(CREATE TABLE) ZI");
            assertThat(one.ask(bind(""), execute(), sync())).isEqualTo(NOT_THERE);
        }
    }

    @Test
    void aStatementBySqlIsBoundByMessageOnAnotherServerToo() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(2));
                Wire one = router.wire();
                Wire other = router.wire()) {
            one.ask("prepare s as select 8");
            String before = one.value("select pg_backend_pid()");
            other.ask("begin");
            assertThat(other.value("select pg_backend_pid()")).isEqualTo(before);
            assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(8) C(SELECT 1) ZI");
        }
    }

    @Test
    void discardAllBehindAFailureThatNobodySyncedWaitsForTheSync() throws Exception {
        assertThat(one.ask(Wire.join(parse("", "selec 1"), query("discard all"), sync())))
                .isEqualTo("E42601 ZI");
        assertThat(one.value("select 1")).isEqualTo("1");
        one.send(Wire.join(parse("", "selec 1"), Wire.flush()));
        assertThat(one.read().toString()).isEqualTo("E42601");
        assertThat(one.ask(Wire.join(query("discard all"), sync()))).isEqualTo("ZI");
        assertThat(one.value("select 2")).isEqualTo("2");
    }

    @Test
    void whatSqlPreparedIsThereInTheMiddleOfABatchOnAnotherServer() throws Exception {
        one.ask("prepare s as select 1");
        one.ask("prepare t as select 2");
        replaceServer();
        // As pgjdbc does without autocommit.
        assertThat(one.ask(
                        parse("", "begin"),
                        bind(""),
                        execute(),
                        parse("", "execute s"),
                        bind(""),
                        execute(),
                        bind("t"),
                        execute(),
                        sync()))
                .isEqualTo("1 2 C(BEGIN) 1 2 D(1) C(SELECT 1) 2 D(2) C(SELECT 1) ZT");
        assertThat(one.ask(parse("", "deallocate t"), bind(""), execute(), bind("s"), execute(), sync()))
                .isEqualTo("1 2 C(DEALLOCATE) 2 D(1) C(SELECT 1) ZT");
        one.ask("commit");
        assertThat(one.value("select count(*) from pg_prepared_statements where statement like 'PREPARE%'"))
                .isEqualTo("1");
    }

    @Test
    void whatCanNoLongerBePreparedFailsItsBatchAndNoOther() throws Exception {
        one.ask("create table soon_gone (x int)");
        one.ask("prepare s as select x from soon_gone");
        one.ask("drop table soon_gone");
        replaceServer();
        for (int i = 0; i < 2; i++) {
            assertThat(executesBehindAnother()).isEqualTo("1 2 D(1) C(SELECT 1) E42P01 ZI");
        }
        one.ask("create table soon_gone (x int)");
        assertThat(executesBehindAnother()).isEqualTo("1 2 D(1) C(SELECT 1) 1 2 C(SELECT 0) ZI");
        one.ask("drop table soon_gone");
    }

    private String executesBehindAnother() throws Exception {
        return one.ask(parse("", "select 1"), bind(""), execute(), parse("", "execute s"), bind(""), execute(), sync());
    }
}
