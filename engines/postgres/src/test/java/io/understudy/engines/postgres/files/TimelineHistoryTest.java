package io.understudy.engines.postgres.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import org.junit.jupiter.api.Test;

class TimelineHistoryTest {

    private static final TimelineId FIVE = new TimelineId(5);
    private static final String TEXT = "1\t0/1A2B3C8\tno recovery target specified\n\n2\t1F/0\tafter LSN 1F/0\n";

    @Test
    void ancestorsAreReadWithWhereTheyEnd() {
        TimelineHistory history = TimelineHistory.parse(FIVE, "# a comment\n" + TEXT);

        assertThat(history.endOf(TimelineId.FIRST)).contains(new Position(0x1A2B3C8));
        assertThat(history.endOf(new TimelineId(2))).contains(new Position(0x1FL << 32));
        assertThat(history.includes(FIVE)).isTrue();
        assertThat(history.includes(new TimelineId(3))).isFalse();
        assertThat(TimelineHistory.fileName(new TimelineId(26))).isEqualTo("0000001A.history");
        assertThat(TimelineHistory.parse(FIVE, history.render())).isEqualTo(history);
    }

    @Test
    void nonsenseIsNamed() {
        assertThatThrownBy(() -> TimelineHistory.parse(FIVE, "1\t0-12\tx\n")).hasMessageContaining("0-12");
        assertThatThrownBy(() -> TimelineHistory.parse(FIVE, "2\t0/1\tx\n1\t0/2\ty\n"))
                .hasMessageContaining("rising ids");
        assertThatThrownBy(() -> TimelineHistory.parse(FIVE, "5\t0/1\tx\n")).hasMessageContaining("rising ids");
    }
}
