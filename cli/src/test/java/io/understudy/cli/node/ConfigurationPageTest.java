package io.understudy.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} lists the keys as the program reads them; {@code -Dgolden.write=true} writes it. */
final class ConfigurationPageTest {

    private static final Path PAGE = Path.of("../docs/configuration.md");

    @Test
    void thePageShowsTheKeysAsTheyAre() throws IOException {
        String page = page();
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(page).isEqualTo(Files.readString(PAGE));
    }

    private static String page() {
        return """
                # Configuration

                Drawn from the code by `ConfigurationPageTest`; not edited by hand.

                ## A router that runs alone: `understudy router --config FILE`

                One `key = value` a line, in UTF-8. Lines that begin with `#` are comments. Every problem is named with its line, all
                at once, and unknown keys are refused; `understudy router --check --config FILE` does only that. What is changed by
                `reload` holds after SIGHUP, and clients stay; the rest holds from the next start on.

                %s
                `pool-size` is at most `max-user-servers`, `max-database-servers` and `max-servers`. What runs inside an agent has the
                defaults, and the agent's own lookup.
                """.formatted(RouterKey.table());
    }
}
