package io.understudy.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerCodecTest {
    private static final int SEEDS = 200;

    private final LedgerCodec codec = new LedgerCodec();

    @Test
    void everyMessageComesBackAsItWas() {
        for (Class<?> type : LedgerMessage.class.getPermittedSubclasses()) {
            for (int seed = 0; seed < SEEDS; seed++) {
                LedgerMessage message = (LedgerMessage) new AnyRecord(seed).of(type);
                assertThat(codec.decode(codec.encode(message)))
                        .as("%s of seed %d", type.getSimpleName(), seed)
                        .isEqualTo(message);
            }
        }
    }

    @Test
    void everyCommandComesBackAsItWas() {
        for (Class<?> type : Command.class.getPermittedSubclasses()) {
            for (int seed = 0; seed < SEEDS; seed++) {
                Command command = (Command) new AnyRecord(seed).of(type);
                LedgerMessage message =
                        new LedgerMessage.Change(new Proposal(seed, List.of(command), "C01 x", "y", Instant.EPOCH));
                assertThat(codec.decode(codec.encode(message)))
                        .as("%s of seed %d", type.getSimpleName(), seed)
                        .isEqualTo(message);
            }
        }
    }

    @Test
    void aStateHoldsNothingButItsComponents() {
        LedgerMessage message = new LedgerMessage.State(new AnyRecord(7).of(ClusterState.class));
        String text = new String(codec.encode(message), StandardCharsets.UTF_8);
        assertThat(text)
                .startsWith("{\"version\":1,\"message\":{\"type\":\"State\"")
                .doesNotContain("\"open\":");
    }

    @Test
    void anotherVersionIsRefusedInWords() {
        byte[] newer = "{\"version\":2,\"message\":{\"type\":\"Unheard\"}}".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> codec.decode(newer))
                .hasMessageContaining("version 2 arrived, expected version 1")
                .hasMessageContaining("same release");
    }

    @Test
    void whatIsUnknownOrMissingIsRefused() {
        for (String bad : List.of(
                "",
                "{",
                "[]",
                "{\"version\":1,\"message\":{\"type\":\"Unheard\"}}",
                "{\"version\":1,\"message\":{\"type\":\"Newer\",\"version\":3,\"more\":1}}",
                "{\"version\":1,\"message\":{\"type\":\"Newer\"}}")) {
            assertThatThrownBy(() -> codec.decode(bad.getBytes(StandardCharsets.UTF_8)))
                    .as("<%s>", bad)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> codec.decode(codec.encode(new LedgerMessage.Look()), LedgerMessage.Received.class))
                .hasMessageContaining("Look arrived, expected Received");
    }
}
