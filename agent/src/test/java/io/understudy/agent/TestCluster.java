package io.understudy.agent;

import io.understudy.agent.api.Api;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Agents with databases in memory, and a ledger of their own over real Raft, in this JVM. */
final class TestCluster implements AutoCloseable {
    final FakeEngine.World world = new FakeEngine.World();
    final Map<NodeId, Agent> agents = new TreeMap<>();
    final List<NodeAddresses> nodes = new ArrayList<>();
    private final Path directory;
    private final HttpClient client = HttpClient.newHttpClient();

    TestCluster(int count, Path directory) throws IOException {
        this.directory = directory;
        Deque<Integer> ports = freePorts(3 * count);
        for (int i = 1; i <= count; i++) {
            nodes.add(
                    new NodeAddresses(new NodeId("n" + i), local(ports.pop()), local(ports.pop()), local(ports.pop())));
        }
        for (NodeAddresses node : nodes) {
            start(node.node());
        }
    }

    private static Endpoint local(int port) {
        return new Endpoint("127.0.0.1", port);
    }

    private static Deque<Integer> freePorts(int count) throws IOException {
        Deque<Integer> ports = new ArrayDeque<>();
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    Agent start(NodeId node) throws IOException {
        FakeEngine engine = new FakeEngine(node, world, () -> new MonotonicTime(System.nanoTime()));
        Agent agent = Agent.start(
                new AgentSettings(node, "shop", nodes, directory.resolve(node.name()), Settings.DEFAULT, "test"),
                engine);
        agents.put(node, agent);
        return agent;
    }

    void stop(NodeId node) {
        Optional.ofNullable(agents.remove(node)).ifPresent(Agent::close);
    }

    Optional<ClusterState> state() {
        return agents.values().stream()
                .map(agent -> agent.ledger().state())
                .flatMap(Optional::stream)
                .reduce((one, other) -> one.version() >= other.version() ? one : other);
    }

    Optional<NodeId> openPrimary() {
        return state().filter(state -> state.isOpen() && !state.inSync().isJoint())
                .flatMap(ClusterState::running)
                .map(held -> held.holder().node());
    }

    /** Open, everybody follows, the in-sync set is whole, Raft led elsewhere. */
    NodeId settled() {
        Await.until(
                "the cluster is settled",
                () -> openPrimary()
                        .filter(primary -> state().orElseThrow()
                                        .inSync()
                                        .target()
                                        .members()
                                        .size()
                                == agents.size() - 1)
                        .filter(primary -> agents.size() == 1
                                || agents.values().stream()
                                        .allMatch(agent -> agent.ledger()
                                                .leader()
                                                .filter(leader -> !leader.equals(primary))
                                                .isPresent()))
                        .isPresent());
        return openPrimary().orElseThrow();
    }

    FakeEngine engine(NodeId node) {
        return Objects.requireNonNull(world.engines.get(node));
    }

    HttpResponse<String> ask(NodeId node, String method, String path, String body) {
        Endpoint api = nodes.stream()
                .filter(addresses -> addresses.node().equals(node))
                .findFirst()
                .orElseThrow()
                .api();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + api + path))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return Await.result(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
    }

    int status(NodeId node, String path) {
        return ask(node, "GET", path, "").statusCode();
    }

    <T> T view(NodeId node, String path, Class<T> type) {
        return Api.json().readValue(ask(node, "GET", path, "").body(), type);
    }

    @Override
    public void close() {
        agents.values().parallelStream().forEach(Agent::close);
        agents.clear();
        client.close();
    }
}
