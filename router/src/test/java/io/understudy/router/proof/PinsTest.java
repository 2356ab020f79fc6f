package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.query;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session leaves on its server connection keeps the connection for it, until that is gone. */
@Timeout(60)
class PinsTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    private static final String REFUSED = "E53300 ZI";

    private RouterUnderTest router;
    private Wire one;
    private Wire other;

    @BeforeEach
    void connect() throws Exception {
        POSTGRES.execute("drop role if exists guest", "create role guest");
        router = POSTGRES.routed(Knobs.pool(1));
        one = router.wire();
        other = router.wire();
        // From now on there is a server connection: whoever waits for it so long waits for whom it is pinned to.
        router.reload(Knobs.pool(1).queueTimeout(Duration.ofMillis(100)));
    }

    @AfterEach
    void disconnect() throws Exception {
        one.close();
        other.close();
        router.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "create temporary table t (i int)               | drop table t",
                "create temp table t as select 1 as i           | drop table t",
                "select 1 as i into temporary t                 | drop table t",
                "create temporary view v as select 1 as i       | drop view v",
                "create temporary sequence s                    | drop sequence s",
                "create temporary table t (i int)               | discard temp",
                "begin; create temp table t (i int); commit     | drop table t",
                "declare c cursor with hold for select 1        | close c",
                "declare c cursor with hold for select 1        | close all",
                "select pg_advisory_lock(1)                     | select pg_advisory_unlock(1)",
                "select pg_try_advisory_lock(1, 2)              | select pg_advisory_unlock_all()",
                "listen jobs                                    | unlisten jobs",
                "listen jobs                                    | unlisten *",
                "set session authorization guest                | reset session authorization",
                "begin; prepare p as select 1; commit           | deallocate p",
                "create temporary table t (i int); listen jobs  | discard all",
            })
    void whatIsLeftPinsUntilItIsGone(String pin, String release) throws Exception {
        assertThat(one.ask(pin)).endsWith(") ZI");
        assertThat(other.ask("select 1")).isEqualTo(REFUSED);
        assertThat(one.value("select 'still here'")).isEqualTo("still here");
        assertThat(other.ask("select 1")).isEqualTo(REFUSED);
        assertThat(one.ask(release)).endsWith(") ZI");
        assertThat(other.value("select 1")).isEqualTo("1");
        assertThat(one.value("select 1")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin; create temporary table t (i int) on commit drop; commit",
                "begin; create temporary table t (i int); rollback",
                "begin; declare c cursor for select 1; commit",
                "begin; select pg_advisory_xact_lock(1); commit",
                "begin; listen jobs; rollback",
                "begin; set local session authorization guest; commit",
                "select pg_advisory_lock(1), pg_advisory_unlock(1)",
            })
    void whatEndsWithItsTransactionDoesNotPin(String statements) throws Exception {
        assertThat(one.ask(statements)).endsWith(") ZI");
        assertThat(other.value("select 1")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create temporary table t (i int)",
                "declare c cursor with hold for select 1",
                "select pg_advisory_lock(1)",
                "listen jobs",
                "set session authorization guest",
                "begin; prepare p as select 1; commit",
                "set work_mem = '7MB'",
                "begin; create temporary table t (i int)",
            })
    void whoLeavesLeavesNothing(String statement) throws Exception {
        one.ask(statement);
        one.close();
        Postgres.until("the connection is free", () -> other.ask("select 1").endsWith("C(SELECT 1) ZI"));
        assertThat(other.value("""
                select count(*) from (
                  select oid::text from pg_class where relpersistence = 't' and pg_table_is_visible(oid)
                  union all select name from pg_cursors where is_holdable
                  union all select pid::text from pg_locks where locktype = 'advisory'
                  union all select * from pg_listening_channels()
                  union all select name from pg_prepared_statements where from_sql) left_behind""")).isEqualTo("0");
        assertThat(other.value("select session_user")).isEqualTo(EmbeddedServer.TRUSTED);
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
    }

    @Test
    void whoListensIsNotifiedWhileItIsIdle() throws Exception {
        one.ask("listen jobs");
        POSTGRES.execute("notify jobs, 'come'");
        Wire.Message notification = one.expect('A');
        assertThat(notification.contains("jobs")).isTrue();
        assertThat(notification.contains("come")).isTrue();
    }

    @Test
    void aHeldCursorGoesOnWhereItStood() throws Exception {
        one.send(query("begin; declare c cursor with hold for select * from generate_series(1, 3); commit"));
        one.awaitReady();
        for (int i = 1; i <= 3; i++) {
            assertThat(one.value("fetch c")).isEqualTo(String.valueOf(i));
        }
    }
}
