package io.understudy.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ErrorView;
import io.understudy.agent.api.ErrorView.Problem;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The agent's HTTP server: takes requests apart, bounds them, and writes answers. Every request runs on a virtual thread
 * of its own.
 */
final class HttpApi implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

    static final int MAX_BODY_BYTES = 16 * 1024;

    /** Requests served at once; more are told to come again. */
    static final int MAX_REQUESTS = 64;

    /** Open connections, idle ones included. */
    static final int MAX_CONNECTIONS = 512;

    /** How long a client may take to send a request, or to read an answer. */
    static final Duration SLOWEST_CLIENT = Duration.ofSeconds(10);

    private static final int BACKLOG = 128;

    /** Taken apart. {@code method} is GET for HEAD and OPTIONS on checks. */
    record Request(String method, List<String> path, Map<String, String> query, byte[] body) {}

    /** Serves what is below {@code /v1}. */
    interface Routes {
        Answer serve(Request request) throws ApiProblem, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads;
    private final Semaphore slots = new Semaphore(MAX_REQUESTS);
    private final JsonMapper json;
    private final Routes routes;
    private final Checks checks;
    private final CheckBody checkBody;
    private final Exposition exposition;

    HttpApi(Endpoint listen, JsonMapper json, Routes routes, Checks checks, CheckBody checkBody, Exposition exposition)
            throws IOException {
        bound("sun.net.httpserver.maxReqTime", SLOWEST_CLIENT.toSeconds());
        bound("sun.net.httpserver.maxRspTime", SLOWEST_CLIENT.toSeconds());
        bound("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
        // Without it an answer in two segments waits for the client's delayed acknowledgement.
        System.getProperties().putIfAbsent("sun.net.httpserver.nodelay", "true");
        this.json = json;
        this.routes = routes;
        this.checks = checks;
        this.checkBody = checkBody;
        this.exposition = exposition;
        server = HttpServer.create(new InetSocketAddress(listen.host(), listen.port()), BACKLOG);
        threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", this::handle);
    }

    /** The JDK's server reads its bounds from system properties, once; whoever set them before is right. */
    private static void bound(String property, long value) {
        System.getProperties().putIfAbsent(property, Long.toString(value));
    }

    void start() {
        server.start();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            Answer answer;
            if (slots.tryAcquire()) {
                try {
                    answer = answer(exchange);
                } finally {
                    slots.release();
                }
            } else {
                answer = problem(
                        503,
                        new Problem(
                                "busy",
                                "too many requests at once",
                                "more than " + MAX_REQUESTS,
                                "at most " + MAX_REQUESTS,
                                "ask again in a moment"));
            }
            send(exchange, answer);
        } catch (IOException gone) {
            log.debug("A client went away", gone);
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        try {
            return serve(exchange);
        } catch (ApiProblem problem) {
            return problem(problem.status(), problem.problem());
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            return problem(503, new Problem("busy", "the agent stops", "a request", "none", "ask another node"));
        } catch (RuntimeException failure) {
            log.error("Request {} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), failure);
            return problem(
                    500,
                    new Problem(
                            "failed", "the request failed", failure.toString(), "an answer", "see the agent's log"));
        }
    }

    private Answer serve(HttpExchange exchange) throws IOException, ApiProblem, InterruptedException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        var check = checks.check(path, query);
        if (check.isPresent()) {
            if (!List.of("GET", "HEAD", "OPTIONS").contains(method)) {
                throw wrongMethod(method, path, "GET, HEAD or OPTIONS");
            }
            return new Answer(check.get() ? 200 : 503, Answer.JSON, json.writeValueAsBytes(checkBody.now()));
        }
        if (path.equals(Api.METRICS)) {
            if (!method.equals("GET") && !method.equals("HEAD")) {
                throw wrongMethod(method, path, "GET");
            }
            return exposition.write();
        }
        List<String> parts = List.of(path.substring(1).split("/", -1));
        return routes.serve(new Request(method.equals("HEAD") ? "GET" : method, parts, query, body(exchange)));
    }

    static ApiProblem wrongMethod(String method, String path, String expected) {
        return new ApiProblem(
                405,
                new Problem("wrong-method", path + " does not take " + method, method, expected, "use another method"));
    }

    private static byte[] body(HttpExchange exchange) throws IOException, ApiProblem {
        try (InputStream in = exchange.getRequestBody()) {
            byte[] body = in.readNBytes(MAX_BODY_BYTES + 1);
            if (body.length > MAX_BODY_BYTES) {
                throw new ApiProblem(
                        413,
                        new Problem(
                                "too-large",
                                "the request's body is too large",
                                "more than " + MAX_BODY_BYTES + " bytes",
                                "at most " + MAX_BODY_BYTES + " bytes",
                                "send a smaller one"));
            }
            return body;
        }
    }

    private static Map<String, String> query(@org.jspecify.annotations.Nullable String raw) throws ApiProblem {
        Map<String, String> query = new HashMap<>();
        if (raw == null || raw.isEmpty()) {
            return query;
        }
        for (String pair : raw.split("&")) {
            int equals = pair.indexOf('=');
            try {
                String name = URLDecoder.decode(equals < 0 ? pair : pair.substring(0, equals), StandardCharsets.UTF_8);
                query.put(
                        name, equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException malformed) {
                throw ApiProblem.badRequest("the query cannot be read", pair, "name=value, percent-encoded");
            }
        }
        return query;
    }

    private Answer problem(int status, Problem problem) {
        return new Answer(status, Answer.JSON, json.writeValueAsBytes(new ErrorView(problem)));
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", answer.contentType());
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        String method = exchange.getRequestMethod();
        if (method.equals("HEAD") || method.equals("OPTIONS") && answer.status() != 405) {
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
        if (answer.body().length > 0) {
            exchange.getResponseBody().write(answer.body());
        }
    }

    /** Takes no more requests; those under way lose their connections. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
