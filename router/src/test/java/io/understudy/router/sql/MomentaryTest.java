package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MomentaryTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select date 'today'",
                "select ' Now'::timestamptz",
                "select timestamp 'tomorrow 04:05'",
                "select date $$yesterday$$"
            })
    void aConstantOfTheClockIsFound(String sql) {
        assertThat(Momentary.isPossible(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"select now()", "select 'nowhere'", "select today from days", "select 'not now'"})
    void whatIsNoneIsNot(String sql) {
        assertThat(Momentary.isPossible(sql)).isFalse();
    }
}
