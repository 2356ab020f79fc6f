package io.understudy.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Against an answer of a real agent. */
final class HealthTest {

    private static final String HEALTHY = "/io/understudy/cli/view/healthy.json";

    @Test
    void theLastWordOfAKilledAgentIsNoReportSinceItsReturn() throws IOException {
        ClusterView view = healthy();
        long oldestMillis = view.nodes().stream()
                .mapToLong(node -> node.lastHeardMillis().orElseThrow())
                .max()
                .orElseThrow();
        assertThat(Health.problems(view)).isEmpty();
        assertThat(Health.allHeard(view, Duration.ofMillis(oldestMillis + 1))).isTrue();
        assertThat(Health.allHeard(view, Duration.ofMillis(oldestMillis))).isFalse();
        assertThat(Health.allHeard(view, Duration.ofMillis(-1))).isFalse();
    }

    private static ClusterView healthy() throws IOException {
        try (InputStream in = Objects.requireNonNull(HealthTest.class.getResourceAsStream(HEALTHY), HEALTHY)) {
            return Api.json().readValue(in.readAllBytes(), ClusterView.class);
        }
    }
}
