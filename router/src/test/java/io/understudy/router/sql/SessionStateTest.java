package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Against a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionStateTest {

    private static final Set<String> CUSTOM = Set.of("my.a", "my.\"b\\", "my.umlaut");

    private final SessionSettings.Interner interner = new SessionSettings.Interner();
    private @Nullable ScratchServer started;

    @BeforeAll
    void start() throws Exception {
        ScratchServer server = new ScratchServer();
        started = server;
        try (Connection connection = server.connect("postgres")) {
            execute(
                    connection,
                    "create role alice login; create role bob; create role carol login; grant bob to alice;"
                            + "alter role carol set work_mem = '5MB'; create schema evil; grant all on schema evil to alice");
        }
    }

    @AfterAll
    void stop() throws Exception {
        if (started != null) {
            started.close();
        }
    }

    @Test
    void aNewSessionHoldsNothing() throws Exception {
        for (String role : List.of("alice", "carol", "postgres")) {
            try (Connection session = connect(role)) {
                SessionState state = state(session);
                assertThat(without(state.settings())).as(role).isEmpty();
                assertThat(state.pins()).isEmpty();
            }
        }
    }

    @Test
    void settingsFollowToAnotherSessionAndLeaveItAgain() throws Exception {
        try (Connection one = connect("alice");
                Connection other = connect("alice")) {
            SessionSettings before = state(other).settings();
            execute(
                    one,
                    "set search_path to \"$user\", \"A, b\", public; set datestyle to 'ISO, DMY';"
                            + "set temp_tablespaces to ''; set timezone to 'Europe/Berlin'; set intervalstyle to iso_8601;"
                            + "set work_mem to '12MB'; set statement_timeout to '1min'; set my.a to E'a''b\\\\c\\nd';"
                            + "set standard_conforming_strings to on; set bytea_output to escape;"
                            + "set default_transaction_isolation to serializable; set application_name to 'x\"y';"
                            + "set role bob; set my.umlaut to 'ä€'");
            SessionSettings wanted = state(one).settings();
            assertThat(wanted.value("role")).isEqualTo("bob");
            assertThat(wanted.value("search_path")).isEqualTo("\"$user\", \"A, b\", public");
            assertThat(wanted.value("my.a")).isEqualTo("a'b\\c\nd");
            execute(other, SessionSettings.toReach(before, wanted));
            assertThat(state(other).settings()).isSameAs(wanted);
            assertThat(value(other, "select current_user")).isEqualTo("bob");
            assertThat(value(other, "select current_setting('my.umlaut')")).isEqualTo("ä€");

            execute(other, SessionSettings.toReach(wanted, before));
            SessionSettings after = state(other).settings();
            assertThat(after.value("my.a")).isEmpty();
            assertThat(without(after)).isEqualTo(without(before));
            assertThat(value(other, "select current_user")).isEqualTo("alice");
        }
    }

    @Test
    void valuesSurviveAChangeOfEncoding() throws Exception {
        SessionSettings latin = interner.of(Map.of("client_encoding", "LATIN1", "my.umlaut", "\u00e4"));
        SessionSettings utf = interner.of(Map.of("my.umlaut", raw("ö")));
        try (Connection session = connect("alice")) {
            execute(session, SessionSettings.toReach(interner.none(), latin));
            assertThat(value(session, "show client_encoding")).isEqualTo("LATIN1");
            assertThat(value(session, "select ascii(current_setting('my.umlaut'))"))
                    .isEqualTo("228");
            execute(session, SessionSettings.toReach(latin, utf));
            assertThat(value(session, "select current_setting('my.umlaut')")).isEqualTo("ö");
        }
    }

    @Test
    void quotingHoldsWhateverTheServerTakesBackslashesFor() throws Exception {
        SessionSettings wanted = interner.of(Map.of("my.a", "\\'; drop table x; --"));
        for (String conforming : List.of("on", "off")) {
            try (Connection session = connect("alice")) {
                execute(session, "set standard_conforming_strings to " + conforming);
                execute(session, SessionSettings.toReach(interner.none(), wanted));
                assertThat(state(session).settings().value("my.a")).isEqualTo("\\'; drop table x; --");
            }
        }
    }

    @Test
    void settingsThatAreRefusedChangeNothing() throws Exception {
        try (Connection session = connect("alice")) {
            SessionSettings wanted = interner.of(Map.of("geqo", "off", "work_mem", "much"));
            assertThatThrownBy(() -> execute(session, SessionSettings.toReach(interner.none(), wanted)))
                    .hasMessageContaining("work_mem");
            assertThat(state(session).settings().value("geqo")).isNull();
        }
    }

    @Test
    void settingsOfATransactionAreNotTheSessions() throws Exception {
        try (Connection session = connect("alice")) {
            execute(
                    session,
                    "begin; set transaction isolation level serializable, read only; set local work_mem = '9MB'; commit");
            assertThat(without(state(session).settings())).isEmpty();
        }
    }

    @Test
    void everythingThatTiesIsNamed() throws Exception {
        pins("create temp table orders (a int primary key)", "temporary table orders", "drop table orders");
        pins(
                "create function pg_temp.f() returns int language sql as 'select 1'",
                "temporary function",
                "drop function pg_temp.f");
        pins("create temp sequence s", "temporary sequence s", "discard temp");
        pins("begin; declare c cursor with hold for select 1; commit", "held cursor \"c\"", "close c");
        pins("select pg_advisory_lock(1)", "advisory lock of the session", "select pg_advisory_unlock(1)");
        pins("listen jobs", "LISTEN on channel \"jobs\"", "unlisten *");
        pins("prepare p as select 1", "PREPARE \"p\" that the router did not rename", "deallocate p");
        try (Connection session = connect("postgres")) {
            execute(session, "set session authorization bob");
            assertThat(state(session).pins()).containsExactly(new Pin("SET SESSION AUTHORIZATION \"bob\""));
        }
    }

    @Test
    void whatEndsWithItsTransactionTiesNobody() throws Exception {
        try (Connection session = connect("alice")) {
            execute(
                    session,
                    "begin; create temp table t (a int) on commit drop; declare c cursor for select 1;"
                            + "select pg_advisory_xact_lock(1); commit; prepare understudy_1 as select 1");
            assertThat(state(session).pins()).isEmpty();
        }
    }

    @Test
    void aHostileSearchPathMisleadsNobody() throws Exception {
        try (Connection session = connect("alice")) {
            execute(
                    session,
                    "create function evil.lie(text, text) returns bool language sql as 'select true';"
                            + "create operator evil.= (leftarg = text, rightarg = text, function = evil.lie);"
                            + "create operator evil.<> (leftarg = text, rightarg = text, function = evil.lie);"
                            + "create function evil.starts_with(text, text) returns bool language sql as 'select true';"
                            + "create table evil.pg_settings (name text); create domain evil.text as int;"
                            + "set search_path to evil, pg_catalog; listen jobs");
            SessionState state = state(session);
            assertThat(without(state.settings())).isEqualTo(Map.of("search_path", "evil, pg_catalog"));
            assertThat(state.pins()).hasSize(1);
            execute(session, SessionSettings.toReach(state.settings(), interner.none()));
            assertThat(without(state(session).settings())).isEmpty();
        }
    }

    @Test
    void rewrittenStatementsDoWhatTheirAuthorMeant() throws Exception {
        String sql = "prepare \"A b\"(int) as select $1 + 1; prepare a as select 'a;' as x;;"
                + "explain (costs off) execute \"A b\"(1); create temp table t as execute A; deallocate prepare a";
        String rewritten = StatementRewriter.rewrite(
                sql, mention -> Optional.of(mention.name().equals("a") ? "understudy_1" : "understudy_2"));
        try (Connection session = connect("alice")) {
            execute(session, rewritten);
            assertThat(value(session, "select string_agg(name, ',') from pg_prepared_statements"))
                    .isEqualTo("understudy_2");
            assertThat(value(session, "select x from t")).isEqualTo("a;");
        }
    }

    private void pins(String first, String reason, String last) throws Exception {
        try (Connection session = connect("alice")) {
            execute(session, first);
            assertThat(state(session).pins()).as(first).containsExactly(new Pin(reason));
            execute(session, last);
            assertThat(state(session).pins()).as(last).isEmpty();
        }
    }

    private Connection connect(String role) throws SQLException {
        return Objects.requireNonNull(started).connect(role);
    }

    /** Less what the driver sets for itself. */
    private static Map<String, String> without(SessionSettings settings) {
        Map<String, String> values = new HashMap<>(settings.values());
        values.keySet().removeAll(Set.of("application_name", "extra_float_digits"));
        values.keySet().removeIf(name -> name.contains("."));
        return values;
    }

    private SessionState state(Connection session) throws SQLException {
        List<List<@Nullable String>> rows = new ArrayList<>();
        try (Statement statement = session.createStatement();
                ResultSet result = statement.executeQuery(SessionState.query(CUSTOM))) {
            while (result.next()) {
                rows.add(Arrays.asList(result.getString(1), raw(result.getString(2)), raw(result.getString(3))));
            }
        }
        return SessionState.of(rows, interner);
    }

    private static @Nullable String raw(@Nullable String text) {
        return text == null ? null : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static void execute(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private static String value(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }
}
