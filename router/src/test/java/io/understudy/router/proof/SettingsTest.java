package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sets holds for it, wherever its next statement runs, and for nobody else. */
@Timeout(60)
class SettingsTest {
    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set work_mem = '7MB'",
                "set session work_mem to '7MB'",
                "select set_config('work_mem', '7MB', false)",
                "begin; set work_mem = '7MB'; commit",
                "do $$ begin set work_mem = '7MB'; end $$",
                "begin; savepoint s; set work_mem = '9MB'; rollback to s; set work_mem = '7MB'; commit",
            })
    void aSettingFollowsItsClientAndNobodyElse(String statement) throws Exception {
        assertThat(one.ask(statement)).endsWith("ZI");
        for (int i = 0; i < 2; i++) {
            assertThat(other.value("show work_mem")).isEqualTo("4MB");
            assertThat(one.value("show work_mem")).isEqualTo("7MB");
        }
        one.ask("reset work_mem");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("4MB");
    }

    @Test
    void aSettingMadeByMessagesFollowsToo() throws Exception {
        assertThat(one.ask(parse("s", "set work_mem = '7MB'"), bind("s"), execute(), sync()))
                .isEqualTo("1 2 C(SET) ZI");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
        one.ask("reset work_mem");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.ask(bind("s"), execute(), sync())).isEqualTo("2 C(SET) ZI");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin; set work_mem = '7MB'; rollback",
                "begin; set local work_mem = '7MB'; commit",
                "begin; select set_config('work_mem', '7MB', true); commit",
                "begin; savepoint s; set work_mem = '7MB'; rollback to s; commit",
                "set work_mem = '7MB'; select 1/0",
                "set work_mem = '7MB'; reset work_mem",
                "set work_mem = '7MB'; reset all",
            })
    void aSettingTakenBackIsGone(String statements) throws Exception {
        one.ask(statements);
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("4MB");
    }

    @Test
    void discardAllTakesSettingsBack() throws Exception {
        one.ask("set work_mem = '7MB'");
        one.ask("discard all");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("4MB");
    }

    @Test
    void aSettingOfATransactionHoldsInItAndFollowsAfterIt() throws Exception {
        one.ask("begin");
        one.ask("set work_mem = '7MB'");
        one.ask("set local maintenance_work_mem = '9MB'");
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
        assertThat(one.value("show maintenance_work_mem")).isEqualTo("9MB");
        one.ask("commit");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
        assertThat(one.value("show maintenance_work_mem")).isEqualTo("64MB");
    }

    @Test
    void aSettingFollowsToAnotherServerConnection() throws Exception {
        router.reload(Knobs.pool(2));
        one.ask("set work_mem = '7MB'");
        String first = one.value("select pg_backend_pid()");
        other.ask("begin");
        assertThat(other.value("select pg_backend_pid()")).isEqualTo(first);
        assertThat(one.value("select pg_backend_pid()")).isNotEqualTo(first);
        assertThat(one.value("show work_mem")).isEqualTo("7MB");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"it's", "back\\slash", "\"quoted\"", "$$", "", "two  spaces", "E'x'", "; drop table x; --"})
    void anyTextFollows(String text) throws Exception {
        one.ask("set my.own = '" + text.replace("'", "''") + "'");
        one.ask("set application_name = '" + text.replace("'", "''") + "'");
        assertThat(other.value("show application_name")).isEmpty();
        assertThat(other.value("select coalesce(current_setting('my.own', true), '')"))
                .isEmpty();
        assertThat(one.value("show application_name")).isEqualTo(text);
        assertThat(one.value("show my.own")).isEqualTo(text);
    }

    @Test
    void aSearchPathFollows() throws Exception {
        POSTGRES.execute("create schema \"A b\"", "create table \"A b\".there (i int)");
        one.ask("set search_path = \"A b\", public");
        assertThat(other.ask("select from there")).isEqualTo("E42P01 ZI");
        assertThat(one.ask("select from there")).isEqualTo("T C(SELECT 0) ZI");
    }

    @Test
    void aRoleFollows() throws Exception {
        POSTGRES.execute("create role actor");
        one.ask("set role actor");
        assertThat(other.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
        assertThat(one.value("select current_user")).isEqualTo("actor");
        one.ask("reset role");
        assertThat(other.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
        assertThat(one.value("select current_user")).isEqualTo(EmbeddedServer.TRUSTED);
    }

    @Test
    void whatAClientStartsWithHolds() throws Exception {
        try (Wire started = router.wire(
                "application_name",
                "mine",
                "DateStyle",
                "German",
                "options",
                "-c work_mem=5MB --statement-timeout=70s -c my.own=two\\ words")) {
            for (int i = 0; i < 2; i++) {
                assertThat(started.value("show application_name")).isEqualTo("mine");
                assertThat(started.value("select date '2026-11-24'")).isEqualTo("24.11.2026");
                assertThat(started.value("show work_mem")).isEqualTo("5MB");
                assertThat(started.value("show statement_timeout")).isEqualTo("70s");
                assertThat(started.value("show my.own")).isEqualTo("two words");
                assertThat(other.value("select date '2026-11-24'")).isEqualTo("2026-11-24");
                assertThat(other.value("show work_mem")).isEqualTo("4MB");
            }
            started.ask("set work_mem = '7MB'");
            started.ask("reset work_mem");
            other.ask("select 1");
            assertThat(started.value("show work_mem")).isEqualTo("5MB");
        }
    }

    @Test
    void whatNoServerKnowsIsRefusedAtTheStart() throws Exception {
        assertThat(refusal("nonsense", "1")).isEqualTo("E42704");
        assertThat(refusal("options", "-c work_mem=much")).isEqualTo("E22023");
        assertThat(other.value("show work_mem")).isEqualTo("4MB");
    }

    private String refusal(String name, String value) throws Exception {
        try (Wire refused = Wire.connect(router.address())) {
            refused.send(Wire.startUp("user", EmbeddedServer.TRUSTED, "database", "postgres", name, value));
            return Wire.line(refused.awaitEnd());
        }
    }

    @Test
    void whatAServerReportsIsAlwaysTheClientsOwn() throws Exception {
        Map<String, String> toOne = new HashMap<>();
        Map<String, String> toOther = new HashMap<>();
        note(one.greeting(), toOne);
        note(other.greeting(), toOther);
        assertThat(toOne).containsEntry("DateStyle", "ISO, MDY").containsKey("server_version");
        List<String> ofOne =
                List.of("set TimeZone = 'Asia/Tokyo'", "select 1", "begin; set local DateStyle = 'German'");
        List<String> ofOther = List.of("select 1", "set application_name = 'other'", "set TimeZone = 'UTC'");
        for (int i = 0; i < ofOne.size(); i++) {
            tell(one, ofOne.get(i), toOne);
            assertAllIsTold(one, toOne);
            tell(one, "rollback", toOne);
            tell(other, ofOther.get(i), toOther);
            assertAllIsTold(other, toOther);
        }
        assertThat(toOne).containsEntry("TimeZone", "Asia/Tokyo").containsEntry("DateStyle", "ISO, MDY");
        assertThat(toOther).containsEntry("TimeZone", "UTC").containsEntry("application_name", "other");
    }

    private static void assertAllIsTold(Wire wire, Map<String, String> told) throws Exception {
        for (String name : List.of("TimeZone", "DateStyle", "application_name")) {
            assertThat(tell(wire, "show " + name, told)).as(name).isEqualTo(told.get(name));
        }
    }

    private static String tell(Wire wire, String sql, Map<String, String> told) throws Exception {
        wire.send(query(sql));
        List<Wire.Message> all = wire.awaitReady();
        note(all, told);
        return all.stream()
                .filter(message -> message.type() == 'D')
                .findFirst()
                .map(Wire.Message::only)
                .orElse("");
    }

    private static void note(List<Wire.Message> messages, Map<String, String> told) {
        for (Wire.Message message : messages) {
            if (message.type() == 'S') {
                String text = new String(message.body(), StandardCharsets.UTF_8);
                int zero = text.indexOf('\0');
                told.put(text.substring(0, zero), text.substring(zero + 1, text.length() - 1));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set app.tenant = '7'",
                "/* trace */ set app.tenant = '7'",
                "-- trace\nset session app.tenant to '7'",
                "set /* why */ app.tenant = '7'",
                "set \"app\".\"tenant\" = '7'",
                "begin; set app.tenant = '7'; commit",
                "select 1; set app.tenant = '7'",
                "do $$ begin execute 'set app.tenant = 7'; end $$",
                "select set_config('app.tenant', '7', false)",
                "prepare p as select set_config($1, '7', false); execute p('app.tenant'); deallocate p",
                "select set_config(name, '7', false) from (values ('app.tenant')) as v (name)",
            })
    void aSettingOfAnApplicationsOwnFollowsItsClientAndNobodyElse(String statement) throws Exception {
        router.reload(Knobs.pool(2));
        assertThat(one.ask(statement)).endsWith("ZI");
        for (int i = 0; i < 2; i++) {
            assertThat(one.value("select current_setting('app.tenant', true)")).isEqualTo("7");
            assertThat(other.value("select coalesce(current_setting('app.tenant', true), '')"))
                    .isEmpty();
        }
    }

    @Test
    void aSettingWhoseNameIsAParameterPinsUntilItCannotBeThereAnyMore() throws Exception {
        one.ask(parse("", "select set_config($1, $2, false)"), bind("", "app.tenant", "7"), execute(), sync());
        assertThat(one.value("select current_setting('app.tenant')")).isEqualTo("7");
        one.ask("discard all");
        assertThat(other.value("select coalesce(current_setting('app.tenant', true), '')"))
                .isEmpty();
    }

    @Test
    void aSettingOfATransactionWhoseNameIsAParameterPinsNobody() throws Exception {
        one.ask("begin");
        one.ask(parse("", "select set_config($1, $2, true)"), bind("", "app.tenant", "7"), execute(), sync());
        assertThat(one.value("select current_setting('app.tenant')")).isEqualTo("7");
        one.ask("commit");
        assertThat(other.value("select coalesce(current_setting('app.tenant', true), '')"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"M\u00fcller", "\u4e2d\u6587", "\ud83d\ude00"})
    void aSettingFromTheStartIsWhatTheClientWrote(String name) throws Exception {
        try (Wire named = router.wire("client_encoding", "UTF8", "my.name", name)) {
            assertThat(named.value("select current_setting('my.name')")).isEqualTo(name);
            assertThat(one.value("select 1")).isEqualTo("1");
            assertThat(named.value("select current_setting('my.name')")).isEqualTo(name);
        }
    }

    @Test
    void whatAFunctionCallOfTheProtocolLeavesIsFound() throws Exception {
        String oid = one.value("select 'pg_advisory_lock(bigint)'::regprocedure::oid::int8");
        byte[] call = Wire.message(
                'F',
                ByteBuffer.allocate(4 + 2 + 2 + 2 + 4 + 8 + 2)
                        .putInt((int) Long.parseLong(oid))
                        .putShort((short) 1)
                        .putShort((short) 1)
                        .putShort((short) 1)
                        .putInt(8)
                        .putLong(4711)
                        .putShort((short) 1)
                        .array());
        assertThat(one.ask(call)).isEqualTo("V ZI");
        router.reload(Knobs.pool(2));
        assertThat(other.value("select pg_try_advisory_lock(4711)")).isEqualTo("f");
        assertThat(one.value("select pg_advisory_unlock(4711)")).isEqualTo("t");
        assertThat(other.value("select pg_try_advisory_lock(4711)")).isEqualTo("t");
    }

    @Test
    void aNameBeyondAsciiIsASettingLikeAnother() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            one.ask("set app.größe = 'x'");
            // A literal that looks like one.
            one.ask("select 'set café.com'");
            other.ask("set app.größe = 'y'");
            assertThat(one.value("select current_setting('app.größe')")).isEqualTo("x");
            assertThat(other.value("select current_setting('app.größe')")).isEqualTo("y");
        }
    }

    @Test
    void aStringWithAThousandNamesOfSettingsEndsNobody() throws Exception {
        StringBuilder script = new StringBuilder("select length('");
        for (int i = 0; i < 1_100; i++) {
            script.append("set a.b").append(i).append(" = 1; ");
        }
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            assertThat(one.ask(script.append("') > 0").toString())).isEqualTo("T D(t) C(SELECT 1) ZI");
            one.ask("discard all");
            assertThat(other.value("select 1")).isEqualTo("1");
        }
    }

    @Test
    void aSettingThatOneServerConnectionCannotTakeIsGivenToAnother() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(2));
                Wire one = router.wire();
                Wire other = router.wire()) {
            other.ask("begin");
            one.ask("create temp table t (i int)");
            one.ask("insert into t values (1)");
            String unfit = one.value("select pg_backend_pid()");
            one.ask("drop table t");
            assertThat(other.ask("set temp_buffers = '64MB'")).isEqualTo("C(SET) ZT");
            other.ask("commit");
            // Answered once the router knows what was left: each is given back in this order.
            one.ask("select 1");
            other.ask("select 1");
            one.ask("begin");
            assertThat(one.value("select pg_backend_pid()")).isNotEqualTo(unfit);
            // What is free now had a temporary table.
            assertThat(other.value("show temp_buffers")).isEqualTo("64MB");
            assertThat(other.value("select pg_backend_pid()")).isNotEqualTo(unfit);
            one.ask("rollback");
        }
    }
}
