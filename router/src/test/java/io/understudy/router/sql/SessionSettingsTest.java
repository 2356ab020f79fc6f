package io.understudy.router.sql;

import static io.understudy.router.sql.SessionSettings.toReach;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionSettingsTest {

    private final SessionSettings.Interner interner = new SessionSettings.Interner();

    @Test
    void equalOnesAreTheSameWhateverTheCaseAndOrderOfNames() {
        Map<String, String> one = new LinkedHashMap<>();
        one.put("DateStyle", "ISO");
        one.put("search_path", "a, b");
        Map<String, String> other = new LinkedHashMap<>();
        other.put("Search_Path", "a, b");
        other.put("datestyle", "ISO");
        assertThat(interner.of(one)).isSameAs(interner.of(other));
        assertThat(interner.of(one)).isNotSameAs(interner.of(Map.of("datestyle", "ISO")));
        assertThat(interner.of(Map.of())).isSameAs(interner.none());
        assertThat(interner.of(one).value("DATESTYLE")).isEqualTo("ISO");
    }

    @Test
    void optionsAreReadAsTheServerReadsThem() throws Exception {
        assertThat(StartUpOptions.parse(
                        " -c geqo=off\t-cwork_mem=4MB --statement-timeout=5s -c search_path=a,\\ b\\\\c -c My.X="))
                .isEqualTo(Map.of(
                        "geqo",
                        "off",
                        "work_mem",
                        "4MB",
                        "statement_timeout",
                        "5s",
                        "search_path",
                        "a, b\\c",
                        "my.x",
                        ""));
        assertThat(StartUpOptions.parse("  ")).isEmpty();
        assertThat(StartUpOptions.parse("-c a.b=1 -c a.b=2=3\\")).isEqualTo(Map.of("a.b", "2=3"));
    }

    @Test
    void whatCannotBeFollowedIsRefusedByName() {
        assertThatThrownBy(() -> StartUpOptions.parse("-c geqo=off -e"))
                .isInstanceOfSatisfying(
                        SettingRefusedException.class,
                        e -> assertThat(e.sqlState()).isEqualTo("0A000"))
                .hasMessageContaining("\"-e\"");
        assertThatThrownBy(() -> StartUpOptions.parse("-c")).hasMessageContaining("\"-c\"");
        assertThatThrownBy(() -> StartUpOptions.parse("--")).hasMessageContaining("\"--\"");
        assertThatThrownBy(() -> StartUpOptions.parse("-c geqo"))
                .isInstanceOfSatisfying(
                        SettingRefusedException.class,
                        e -> assertThat(e.sqlState()).isEqualTo("42601"))
                .hasMessageContaining("\"-c geqo\"");
        assertThatThrownBy(() -> interner.ofStartUp(Map.of("session_authorization", "a")))
                .hasMessageContaining("session_authorization");
    }

    @Test
    void aParameterBeatsOptions() throws Exception {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("DateStyle", "German");
        parameters.put("OPTIONS", "-c datestyle=ISO -c geqo=off");
        assertThat(interner.ofStartUp(parameters)).isSameAs(interner.of(Map.of("geqo", "off", "datestyle", "German")));
    }

    @Test
    void onlyTheDifferenceIsSet() {
        SessionSettings from = interner.of(Map.of("a.b", "1", "geqo", "off", "work_mem", "4MB"));
        SessionSettings to = interner.of(Map.of("a.b", "o'n\\e", "geqo", "off"));
        assertThat(toReach(from, from)).isEmpty();
        assertThat(toReach(from, to))
                .isEqualTo("select pg_catalog.num_nulls(pg_catalog.set_config('work_mem',null,false),"
                        + "pg_catalog.set_config('a.b',E'o''n\\\\e',false))");
    }

    @Test
    void theRoleIsLeftFirstAndTakenLast() {
        SessionSettings from = interner.of(Map.of("role", "x", "a.b", "1"));
        SessionSettings to = interner.of(Map.of("role", "y", "work_mem", "1MB"));
        assertThat(toReach(from, to))
                .containsSubsequence("'role','none'", "'a.b',null", "'work_mem','1MB'", "'role','y'");
        assertThat(toReach(to, interner.none())).containsSubsequence("'role','none'", "'work_mem'", "'role',null");
    }

    @Test
    void manyAreSetInGroups() {
        Map<String, String> many = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            many.put("a.b" + i, "1");
        }
        assertThat(toReach(interner.none(), interner.of(many)).split("num_nulls"))
                .hasSize(4);
    }
}
