package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.copyData;
import static io.understudy.router.proof.Wire.copyDone;
import static io.understudy.router.proof.Wire.copyFail;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;

/** COPY passes both ways, and another client has the server connection afterwards. */
@Timeout(60)
class CopyTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final int MANY = 200_000;

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
    void anotherIsServed() throws Exception {
        assertThat(other.ask("select 'other'")).isEqualTo("T D(other) C(SELECT 1) ZI");
        one.close();
        other.close();
        router.close();
    }

    @Test
    void dataPassesToTheServer() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        assertThat(one.ask(copyData("1\n2"), copyData("\n"), copyData("3\n"), copyDone()))
                .isEqualTo("C(COPY 3) ZI");
        assertThat(one.value("select sum(i) from numbers")).isEqualTo("6");
    }

    @Test
    void dataPassesToTheClient() throws Exception {
        assertThat(one.ask("copy (select generate_series(1, 3)) to stdout")).isEqualTo("H d d d c C(COPY 3) ZI");
    }

    @Test
    void aMillionBytesPassBothWays() throws Exception {
        String all = IntStream.range(0, MANY).mapToObj(i -> i + "\n").collect(Collectors.joining());
        try (Connection connection = router.connect()) {
            var copy = connection.unwrap(PGConnection.class).getCopyAPI();
            assertThat(copy.copyIn("copy numbers from stdin", new StringReader(all)))
                    .isEqualTo(MANY);
            StringWriter back = new StringWriter();
            assertThat(copy.copyOut("copy (select i from numbers order by i) to stdout", back))
                    .isEqualTo(MANY);
            assertThat(back.toString()).isEqualTo(all);
        }
    }

    @Test
    void aLargeCopyThatFailsEarlyIsToldAndItsClientGoesOn() throws Exception {
        String all = "bad\n" + "1\n".repeat(5 * MANY);
        try (Connection connection = router.connect()) {
            var copy = connection.unwrap(PGConnection.class).getCopyAPI();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> copy.copyIn("copy numbers from stdin", new StringReader(all)))
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                failed -> assertThat(failed.getSQLState()).isEqualTo("22P02"));
                assertThat(Sql.value(connection, "select count(*) from numbers"))
                        .isEqualTo("0");
            }
        }
    }

    @Test
    void aCopyThatTheClientGivesUpFails() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        assertThat(one.ask(copyData("1\n"), copyFail("changed my mind"))).isEqualTo("E57014 ZI");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void aCopyToTheClientThatFailsOnItsWayIsTold() throws Exception {
        assertThat(one.ask("copy (select 1 / (3 - i) from generate_series(1, 5) i) to stdout"))
                .isEqualTo("H d d E22012 ZI");
        assertThat(one.value("select 1")).isEqualTo("1");
    }

    @Test
    void aCopyByMessagesPassesBothWays() throws Exception {
        one.send(parse("", "copy numbers from stdin"), bind(""), execute(), sync());
        begins();
        assertThat(one.ask(copyData("1\n"), copyData("2\n"), copyDone(), sync()))
                .isEqualTo("C(COPY 2) ZI");
        assertThat(one.ask(parse("", "copy numbers to stdout"), bind(""), execute(), sync()))
                .isEqualTo("1 2 H d d c C(COPY 2) ZI");
    }

    @Test
    void aCopyByMessagesThatTheClientGivesUpFails() throws Exception {
        one.send(parse("", "copy numbers from stdin"), bind(""), execute(), sync());
        begins();
        assertThat(one.ask(copyData("1\n"), copyFail("changed my mind"), sync()))
                .isEqualTo("E57014 ZI");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void severalCopiesOfOneTransactionPass() throws Exception {
        one.ask("begin");
        for (int i = 0; i < 3; i++) {
            one.send(query("copy numbers from stdin"));
            one.expect('G');
            assertThat(one.ask(copyData(i + "\n"), copyDone())).isEqualTo("C(COPY 1) ZT");
        }
        assertThat(one.ask("select sum(i) from numbers")).isEqualTo("T D(3) C(SELECT 1) ZT");
        one.ask("rollback");
        assertThat(one.value("select count(*) from numbers")).isEqualTo("0");
    }

    @Test
    void aQueryRightBehindACopyIsAnswered() throws Exception {
        one.send(query("copy numbers from stdin"));
        one.expect('G');
        one.send(copyData("5\n"), copyDone(), query("select sum(i) from numbers"));
        assertThat(one.line()).isEqualTo("C(COPY 1) ZI");
        assertThat(one.line()).isEqualTo("T D(5) C(SELECT 1) ZI");
    }

    @Test
    void severalCopiesOfOneQueryPass() throws Exception {
        one.send(query("copy numbers from stdin; copy numbers from stdin; select sum(i) from numbers"));
        one.expect('G');
        one.send(copyData("1\n"), copyDone());
        one.expect('C');
        one.expect('G');
        assertThat(one.ask(copyData("2\n"), copyDone())).isEqualTo("C(COPY 1) T D(3) C(SELECT 1) ZI");
    }

    private void begins() throws Exception {
        one.expect('1');
        one.expect('2');
        one.expect('G');
    }

    @Test
    void aCopyAlreadySyncedWhoseServerIsKilledIsTold() throws Exception {
        POSTGRES.execute("create table killed_numbers (i int)");
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1));
                Wire one = router.wire()) {
            one.send(parse("", "copy killed_numbers from stdin"), bind(""), execute(), sync());
            one.expect('1');
            one.expect('2');
            one.expect('G');
            one.send(copyData("1\n"));
            POSTGRES.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '"
                    + EmbeddedServer.TRUSTED + "'");
            assertThat(one.ask(copyData("2\n"), copyDone(), sync())).isEqualTo("E40003 ZI");
        }
    }
}
