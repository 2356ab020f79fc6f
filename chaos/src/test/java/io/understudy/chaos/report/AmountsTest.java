package io.understudy.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AmountsTest {

    @Test
    void lengthsAreReadAsPeopleSayThem() {
        assertThat(Amounts.length(0)).isEqualTo("0 ms");
        assertThat(Amounts.length(999)).isEqualTo("999 ms");
        assertThat(Amounts.length(1_840)).isEqualTo("1.84 s");
        assertThat(Amounts.length(9_994)).isEqualTo("9.99 s");
        assertThat(Amounts.length(9_996)).isEqualTo("10.0 s");
        assertThat(Amounts.length(59_949)).isEqualTo("59.9 s");
        assertThat(Amounts.length(59_999)).isEqualTo("1 min");
        assertThat(Amounts.length(252_000)).isEqualTo("4 min 12 s");
        assertThat(Amounts.length(3_600_000)).isEqualTo("1 h");
        assertThat(Amounts.length(7_380_000)).isEqualTo("2 h 3 min");
        assertThat(Amounts.length(Optional.empty())).isEqualTo("–");
    }

    @Test
    void pointsInTimeAreClocks() {
        assertThat(Amounts.at(127_499)).isEqualTo("2:07.4");
        assertThat(Amounts.at(3_727_400)).isEqualTo("1:02:07.4");
        assertThat(Amounts.clock(59_999)).isEqualTo("0:59");
    }

    @Test
    void bytesHaveTheUnitThatFits() {
        assertThat(Amounts.bytes(1_023)).isEqualTo("1023 B");
        assertThat(Amounts.bytes(1_024)).isEqualTo("1 KiB");
        assertThat(Amounts.bytes(1_572_864)).isEqualTo("1.5 MiB");
        assertThat(Amounts.bytes((1L << 20) - 1)).isEqualTo("1.0 MiB");
        assertThat(Amounts.bytes(1L << 50)).isEqualTo("1024 TiB");
    }

    @Test
    void oneIsNotMany() {
        assertThat(Amounts.count(1, "fault")).isEqualTo("1 fault");
        assertThat(Amounts.count(12_345, "fault")).isEqualTo("12,345 faults");
    }
}
