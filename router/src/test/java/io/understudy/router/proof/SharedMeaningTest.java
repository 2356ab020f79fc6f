package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.closeStatement;
import static io.understudy.router.proof.Wire.describeStatement;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A prepared statement that clients share never means to one what it means to another only. */
@Timeout(60)
class SharedMeaningTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String NOT_THERE = "E26000 ZI";

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
    void aTableThatATemporaryOneHidesIsLeftAlone() throws Exception {
        // From here on the server connection has a temporary schema, so that its search path does not change.
        one.ask("create temp table gone (i int)");
        one.ask("drop table gone");
        one.ask("create table hidden (i int)");
        one.ask("insert into hidden values (1)");
        assertThat(one.ask(parse("a", "delete from hidden"), sync())).isEqualTo("1 ZI");
        other.ask("create temp table hidden (i int)");
        assertThat(other.ask(parse("s", "delete from hidden"), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(bind("s"), execute(), sync())).isEqualTo("2 C(DELETE 0) ZI");
        assertThat(other.value("select count(*) from public.hidden")).isEqualTo("1");
        other.ask("drop table pg_temp.hidden");
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo("2 C(DELETE 1) ZI");
    }

    /** On a server connection that has the statement no more, in a transaction. Returns what it means to the other client. */
    private String bothPrepareAndOneMovesToAnotherTimeZone() throws Exception {
        String sql = "select extract(epoch from timestamptz '2020-01-01 00:00')::bigint";
        String usual = one.value(sql);
        one.ask(parse("a", sql), sync());
        other.ask(parse("b", sql), sync());
        one.ask("select pg_terminate_backend(pg_backend_pid())");
        one.ask("begin");
        one.ask("set local timezone = 'Pacific/Kiritimati'");
        return usual;
    }

    @Test
    void whatIsPreparedAgainUnderASettingOfATransactionIsItsClientsAlone() throws Exception {
        String usual = bothPrepareAndOneMovesToAnotherTimeZone();
        assertThat(one.ask(bind("a"), execute(), sync())).doesNotContain("(" + usual + ")");
        one.ask("commit");
        assertThat(other.ask(bind("b"), execute(), sync())).isEqualTo("2 D(" + usual + ") C(SELECT 1) ZI");
    }

    @Test
    void whatSqlExecutesUnderASettingOfATransactionIsItsClientsAloneToo() throws Exception {
        String usual = bothPrepareAndOneMovesToAnotherTimeZone();
        assertThat(one.ask("execute a")).doesNotContain("(" + usual + ")");
        one.ask("commit");
        assertThat(other.ask(bind("b"), execute(), sync())).isEqualTo("2 D(" + usual + ") C(SELECT 1) ZI");
    }

    @Test
    void aConstantOfTheClockIsReadForEachClient() throws Exception {
        String sql = "select timestamptz 'now'";
        assertThat(one.ask(parse("a", sql), sync())).isEqualTo("1 ZI");
        String before = one.ask(bind("a"), execute(), sync());
        assertThat(one.ask(bind("a"), execute(), sync())).isEqualTo(before);
        assertThat(other.ask(parse("b", sql), sync())).isEqualTo("1 ZI");
        assertThat(other.ask(bind("b"), execute(), sync())).isNotEqualTo(before);
    }

    @Test
    void aNameLikeTheRoutersOwnReachesNobodysStatement() throws Exception {
        one.ask(parse("s", "select 'of one'"), sync());
        for (int i = 1; i < 10; i++) {
            String name = "understudy_" + i;
            assertThat(other.ask(bind(name), execute(), sync())).isEqualTo(NOT_THERE);
            assertThat(other.ask(describeStatement(name), sync())).isEqualTo(NOT_THERE);
            assertThat(other.ask("execute " + name)).isEqualTo(NOT_THERE);
            assertThat(other.ask("deallocate " + name)).isEqualTo(NOT_THERE);
            assertThat(other.ask(closeStatement(name), sync())).isEqualTo("3 ZI");
        }
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(of one) C(SELECT 1) ZI");
    }

    @Test
    void whatWasNotPreparedWhenTheServerDiedCanBePreparedAgain() throws Exception {
        String death = one.ask(
                parse("", "select pg_terminate_backend(pg_backend_pid())"),
                bind(""),
                execute(),
                parse("s", "select 1"),
                sync());
        assertThat(death).endsWith("ZI");
        assertThat(one.ask(parse("s", "select 2"), sync())).isEqualTo("1 ZI");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 D(2) C(SELECT 1) ZI");
    }
}
