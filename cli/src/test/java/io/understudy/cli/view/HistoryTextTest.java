package io.understudy.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.HistoryView;
import io.understudy.agent.api.HistoryView.Change;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HistoryTextTest {

    @Test
    void aFailoverWithoutAReceiptSaysWhyThereIsNone() {
        Change change = new Change(
                2,
                "failover",
                Optional.of("node-a"),
                Optional.of("node-b"),
                "C20 lost",
                "the lease ran out",
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of("none yet: node-a is not heard"));
        assertThat(HistoryText.render(new HistoryView(1, "demo", List.of(change))))
                .contains("  receipt  none yet: node-a is not heard");
    }
}
