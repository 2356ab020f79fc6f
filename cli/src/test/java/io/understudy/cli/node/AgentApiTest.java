package io.understudy.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.PrimaryView;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.AgentTopology;
import io.understudy.router.topology.Topology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The router may not use the agent's classes: what one writes and the other reads is held together here. */
final class AgentApiTest {

    @Test
    void theRouterUnderstandsWhatAnAgentSaysOfItself() throws Exception {
        PrimaryView says = new PrimaryView(Api.VERSION, "shop", "a", Optional.of(3L), "10.0.0.1:5432");
        CompletableFuture<Topology> told = new CompletableFuture<>();
        CompletableFuture<String> asked = new CompletableFuture<>();
        HttpServer agent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        agent.createContext(Api.PRIMARY, exchange -> {
            Optional.ofNullable(exchange.getRequestURI().getQuery()).ifPresent(asked::complete);
            answer(exchange, Api.json().writeValueAsBytes(says));
        });
        agent.start();
        try (AgentTopology topology = AgentTopology.watch(
                "shop", List.of(new Endpoint("127.0.0.1", agent.getAddress().getPort())))) {
            topology.subscribe(told::complete);
            assertThat(told.get(20, TimeUnit.SECONDS))
                    .isEqualTo(new Topology.Primary(new NodeId("a"), new Epoch(3), new Endpoint("10.0.0.1", 5432)));
            assertThat(asked.get(20, TimeUnit.SECONDS))
                    .startsWith(Api.KNOWN + "=3&")
                    .contains(Api.SECONDS + "=");
        } finally {
            agent.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
