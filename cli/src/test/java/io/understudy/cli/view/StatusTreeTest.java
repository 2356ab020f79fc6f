package io.understudy.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against answers of a real agent, as text. */
final class StatusTreeTest {

    @Test
    void aHealthyClusterReadsAsATree() throws IOException {
        assertThat(StatusTree.render(view("healthy.json"))).containsExactlyElementsOf(lines("healthy.txt"));
    }

    @Test
    void aClusterWithoutARaftLeaderSaysThatItsViewMayBeOld() throws IOException {
        assertThat(StatusTree.render(view("leaderless.json"))).containsExactlyElementsOf(lines("leaderless.txt"));
    }

    @Test
    void aFailoverWhoseLossIsStillToBeMeasuredIsShown() throws IOException {
        String missing = "{\"epoch\": 4, \"node\": \"node-a\", \"text\": \"none yet: node-a is not heard\"}";
        ClusterView view = Api.json()
                .readValue(
                        text("healthy.json")
                                .replace("\"missingReceipts\": []", "\"missingReceipts\": [" + missing + "]"),
                        ClusterView.class);
        assertThat(StatusTree.render(view)).contains("receipt of epoch 4: none yet: node-a is not heard");
    }

    private static ClusterView view(String name) throws IOException {
        return Api.json().readValue(text(name), ClusterView.class);
    }

    private static List<String> lines(String name) throws IOException {
        return text(name).lines().toList();
    }

    private static String text(String name) throws IOException {
        try (InputStream in = StatusTreeTest.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("The test's file " + name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
