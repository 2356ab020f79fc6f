package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.HistoryView.ReceiptView;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RoundResultTest {

    @Test
    void theLineHasEveryFieldInOrder() {
        RoundResult result = new RoundResult(
                "async",
                "host",
                912,
                3,
                0,
                4,
                Optional.of(new ReceiptView(1, 3, 480, "0/3000060", "0/3000240")),
                Optional.of(3_120L),
                "node-a",
                "node-c",
                2,
                Optional.of("C20 lease over: not heard for 3 s"),
                true,
                Optional.of(6_400L),
                List.of());

        assertThat(result.json())
                .isEqualTo(
                        "{\"mode\":\"async\",\"fault\":\"host\",\"acknowledged\":912,\"lost\":3,\"duplicated\":0,"
                                + "\"unknown\":4,\"receipt\":{\"epoch\":1,\"transactions\":3,\"bytes\":480,\"from\":\"0/3000060\","
                                + "\"to\":\"0/3000240\"},\"outageMillis\":3120,\"oldPrimary\":\"node-a\",\"newPrimary\":\"node-c\","
                                + "\"epoch\":2,\"reason\":\"C20 lease over: not heard for 3 s\",\"healed\":true,\"healMillis\":6400}");
    }

    @Test
    void whatIsAbsentIsNull() {
        RoundResult result = new RoundResult(
                "sync",
                "none",
                0,
                0,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                "node-a",
                "node-a",
                1,
                Optional.empty(),
                false,
                Optional.empty(),
                List.of("not healthy"));

        assertThat(result.json())
                .contains("\"receipt\":null", "\"outageMillis\":null", "\"reason\":null", "\"healMillis\":null")
                .doesNotContain("broken", "\n");
    }
}
