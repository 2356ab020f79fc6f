package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CustomSettingsTest {

    @Test
    void namesAreFoundWhereverTheyAreSet() {
        Map.<String, Set<String>>of(
                        "set My.User = 'a'", Set.of("my.user"),
                        "select 1; set session \"my\".b to 1; set local c.d.e = 1", Set.of("my.b", "c.d.e"),
                        "reset my.user", Set.of("my.user"),
                        "select pg_catalog.set_config('my.a', $1, false), set_config('My.b'::text, 'c', false)",
                                Set.of("my.a", "my.b"),
                        "do $$begin perform set_config('my.a', 'x', false); execute 'set my.b = 1'; end$$",
                                Set.of("my.a", "my.b"),
                        "do 'begin perform set_config(''my.a'', ''x'', false); end'", Set.of("my.a"),
                        "set search_path = a, b; set work_mem = '4MB'; select set_config('work_mem', '1MB', false)",
                                Set.of())
                .forEach((sql, names) ->
                        assertThat(CustomSettings.of(sql)).as(sql).isEqualTo(new CustomSettings(names, false)));
    }

    @Test
    void namesThatTheTextDoesNotSayAreTold() {
        for (String sql : new String[] {
            "select set_config($1, $2, false)",
            "select set_config('my.' || $1, $2, false)",
            "select \"set_config\"(name, value, false) from t",
            "select set_config(e'my.a', 'b', false)",
            "do $$begin perform set_config(n, 'x', false); end$$"
        }) {
            assertThat(CustomSettings.of(sql).others()).as(sql).isTrue();
        }
    }
}
