package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandTagTest {

    @Test
    void everyTagIsRecognisedWithAndWithoutItsZero() {
        for (CommandTag tag : CommandTag.values()) {
            if (tag != CommandTag.OTHER && tag != CommandTag.DROP) {
                assertThat(of(tag.name().replace('_', ' '))).isEqualTo(tag);
                assertThat(of(tag.name().replace('_', ' ') + "\0")).isEqualTo(tag);
            }
        }
        assertThat(of("DROP TABLE\0")).isEqualTo(CommandTag.DROP);
    }

    @Test
    void whatLeavesNothingBehindIsOther() {
        for (String tag : List.of(
                "",
                "\0",
                "S",
                "SELECT 1",
                "INSERT 0 1",
                "UPDATE 3",
                "DELETE 0",
                "COPY 5",
                "SET CONSTRAINTS",
                "SETS",
                "COMMIT PREPARED",
                "ROLLBACK PREPARED",
                "RELEASE",
                "SAVEPOINT",
                "CREATE INDEX",
                "DROP",
                "REINDEX",
                "LOCK TABLE")) {
            assertThat(of(tag)).as(tag).isEqualTo(CommandTag.OTHER);
        }
    }

    private static CommandTag of(String tag) {
        ByteBuf body = Unpooled.copiedBuffer("xx" + tag, StandardCharsets.US_ASCII);
        return CommandTag.of(body, 2, tag.length());
    }
}
