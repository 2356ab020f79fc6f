package io.understudy.router.topology;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The two questions that the router asks of agents: {@code /v1/primary} and {@code /v1/cluster} of their HTTP API. Fields that it
 * does not know are ignored. Thread-safe.
 */
final class AgentHttp implements AutoCloseable {

    private static final String PRIMARY = "/v1/primary";
    private static final String CLUSTER = "/v1/cluster";
    private static final Duration CONNECT = Duration.ofSeconds(1);

    /** Beyond what an agent is asked to wait: a host that is gone says nothing at all. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final int MOST_ANSWER_BYTES = 1 << 20;
    private static final int DONE = 200;
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final String cluster;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /**
     * A client; nothing is sent yet.
     *
     * @param cluster whose agents are believed; what another cluster's agent says is no answer
     */
    AgentHttp(String cluster) {
        this.cluster = cluster;
    }

    private record PrimaryAnswer(
            @Nullable String cluster,
            @Nullable String node,
            @Nullable Long epoch,
            @Nullable String database) {}

    private record ClusterAnswer(
            @Nullable String cluster,
            @Nullable String source,
            @Nullable List<NodeAnswer> nodes) {}

    private record NodeAnswer(
            @Nullable String node, @Nullable String api) {}

    /**
     * Who is in the cluster.
     *
     * @param complete whether it is the cluster's own word, not one node's, which may be old
     * @param agents of the nodes whose address is known
     */
    record Members(boolean complete, List<Member> agents) {}

    record Member(NodeId node, Endpoint api) {}

    /** The voice of the agent at {@code api}. */
    NodeVoice voice(Endpoint api) {
        return new NodeVoice() {
            @Override
            public NodeWord now() throws IOException, InterruptedException {
                return primary(api, PRIMARY, PATIENCE);
            }

            @Override
            public NodeWord news(Optional<Epoch> known, Duration longest) throws IOException, InterruptedException {
                long number = known.map(Epoch::number).orElse(0L);
                return primary(
                        api, PRIMARY + "?known=" + number + "&seconds=" + longest.toSeconds(), longest.plus(PATIENCE));
            }

            @Override
            public String toString() {
                return "the agent at " + api;
            }
        };
    }

    private NodeWord primary(Endpoint api, String path, Duration limit) throws IOException, InterruptedException {
        PrimaryAnswer answer = ask(api, path, limit, PrimaryAnswer.class);
        requireCluster(api, answer.cluster());
        try {
            return new NodeWord(
                    new NodeId(present(api, "node", answer.node())),
                    Optional.ofNullable(answer.epoch()).map(Epoch::new),
                    endpoint(present(api, "database", answer.database())));
        } catch (IllegalArgumentException unusable) {
            throw new IOException("the agent at %s says of itself: %s".formatted(api, unusable.getMessage()), unusable);
        }
    }

    Members members(Endpoint api) throws IOException, InterruptedException {
        ClusterAnswer answer = ask(api, CLUSTER, PATIENCE, ClusterAnswer.class);
        requireCluster(api, answer.cluster());
        List<NodeAnswer> nodes = Optional.ofNullable(answer.nodes()).orElse(List.of());
        try {
            return new Members(
                    "LEADER".equals(answer.source()),
                    nodes.stream()
                            .flatMap(node -> Optional.ofNullable(node.api()).stream()
                                    .map(address ->
                                            new Member(new NodeId(String.valueOf(node.node())), endpoint(address))))
                            .toList());
        } catch (IllegalArgumentException unusable) {
            throw new IOException("the agent at %s names a node: %s".formatted(api, unusable.getMessage()), unusable);
        }
    }

    private void requireCluster(Endpoint api, @Nullable String found) throws IOException {
        if (!cluster.equals(found)) {
            throw new IOException(
                    "the agent at %s is of cluster '%s', expected '%s': correct its address, or the cluster's name"
                            .formatted(api, found, cluster));
        }
    }

    private static String present(Endpoint api, String field, @Nullable String value) throws IOException {
        if (value == null) {
            throw new IOException("the agent at %s does not say its %s: is it of this version?".formatted(api, field));
        }
        return value;
    }

    static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new Endpoint(text.substring(0, Math.max(colon, 0)), Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("'" + text + "' is no address: expected host:port", notANumber);
        }
    }

    private <T> T ask(Endpoint api, String path, Duration limit, Class<T> type)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + api + path))
                .timeout(limit)
                .build();
        HttpResponse<byte[]> response =
                client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_ANSWER_BYTES));
        if (response.statusCode() != DONE) {
            throw new IOException("the agent at %s answers %s with status %d, expected %d"
                    .formatted(api, path, response.statusCode(), DONE));
        }
        try {
            T answer = JSON.readValue(response.body(), type);
            if (answer != null) {
                return answer;
            }
            throw new IOException("the agent at %s answers %s with null".formatted(api, path));
        } catch (JacksonException notOurs) {
            throw new IOException(
                    "what answers at %s%s is no agent of this version: %s"
                            .formatted(api, path, notOurs.getOriginalMessage()),
                    notOurs);
        }
    }

    /** Ends every question under way. */
    @Override
    public void close() {
        client.shutdownNow();
    }
}
