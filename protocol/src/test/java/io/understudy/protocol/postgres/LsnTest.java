package io.understudy.protocol.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class LsnTest {
    @Test
    void positionsAreWrittenAsPostgresWritesThem() {
        for (String text : new String[] {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "1/A"}) {
            assertThat(Lsn.parse(text)).hasToString(text);
        }
        assertThat(Lsn.parse("16/b374d848")).isEqualTo(Lsn.parse("16/B374D848"));
    }

    @Test
    void positionsBeyondHalfTheRangeStillComeLater() {
        assertThat(Lsn.parse("80000000/0")).isGreaterThan(Lsn.parse("7FFFFFFF/FFFFFFFF"));
    }

    @Test
    void whatIsNoPositionIsRefused() {
        for (String text : new String[] {"", "/", "0/", "/0", "0", "0/0/0", "123456789/0", "-1/0", "0/g", "٣/0"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Lsn.parse(text));
        }
    }
}
