package io.understudy.cli.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.Router;
import io.understudy.router.admin.RouterFigures;
import io.understudy.router.metrics.RouterMetrics;
import io.understudy.router.topology.Topology;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What a router that runs alone answers over HTTP: {@code /metrics}, and {@code /health}, which is 200 while it lets clients in and
 * knows a primary, and 503 otherwise.
 */
final class MetricsPage implements AutoCloseable {

    private static final int BACKLOG = 64;
    private static final int MOST_CONNECTIONS = 64;
    private static final Duration SLOWEST_CLIENT = Duration.ofSeconds(10);
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(2);

    private final HttpServer server;
    private final ExecutorService threads;
    private final Router router;
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    private record Page(int status, String type, byte[] body) {
        static Page of(int status, String text) {
            return new Page(status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private MetricsPage(HttpServer server, Router router) {
        this.server = server;
        this.router = router;
        threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("metrics-", 0).factory());
        registry.register(new RouterMetrics(router));
        server.setExecutor(threads);
        server.createContext("/", this::handle);
    }

    /**
     * Starts to answer.
     *
     * @throws IOException when the address cannot be listened at
     */
    static MetricsPage start(Endpoint listen, Router router) throws IOException {
        bound("sun.net.httpserver.maxReqTime", SLOWEST_CLIENT.toSeconds());
        bound("sun.net.httpserver.maxRspTime", SLOWEST_CLIENT.toSeconds());
        bound("jdk.httpserver.maxConnections", MOST_CONNECTIONS);
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(listen.host(), listen.port()), BACKLOG);
            MetricsPage page = new MetricsPage(server, router);
            server.start();
            return page;
        } catch (IOException unusable) {
            throw new IOException(
                    "metrics-listen: cannot listen at %s: %s".formatted(listen, unusable.getMessage()), unusable);
        }
    }

    /** The JDK's server reads its bounds from system properties, once; whoever set them before is right. */
    private static void bound(String property, long value) {
        System.getProperties().putIfAbsent(property, Long.toString(value));
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Page page =
                    page(exchange.getRequestMethod(), exchange.getRequestURI().getPath());
            exchange.getResponseHeaders().set("Content-Type", page.type());
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            boolean bodiless = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(page.status(), bodiless ? -1 : page.body().length);
            if (!bodiless) {
                exchange.getResponseBody().write(page.body());
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private Page page(String method, String path) throws IOException, InterruptedException {
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return Page.of(405, method + " is not taken here: use GET");
        }
        return switch (path) {
            case "/metrics" -> metrics();
            case "/health" -> health();
            default -> Page.of(404, "nothing at " + path + ": ask for /metrics or /health");
        };
    }

    private Page metrics() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        return new Page(200, writer.getContentType(), out.toByteArray());
    }

    private Page health() throws InterruptedException {
        Optional<RouterFigures> seen = router.figures(LONGEST_LOOK);
        if (seen.isEmpty()) {
            return Page.of(503, "the router does not answer");
        }
        if (!seen.get().accepting()) {
            return Page.of(503, "the router ends");
        }
        return switch (seen.get().topology()) {
            case Topology.Unknown _ -> Page.of(503, "no agent has answered yet");
            case Topology.NoPrimary _ -> Page.of(503, "there is no primary: requests wait");
            case Topology.Primary primary ->
                Page.of(
                        200,
                        "the primary is %s at %s, epoch %d"
                                .formatted(
                                        primary.node(),
                                        primary.database(),
                                        primary.epoch().number()));
        };
    }

    /** Answers nothing any more. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
