package io.understudy.router.topology;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** An agent's HTTP API as far as the router asks it, on a port of its own. */
final class FakeAgent implements AutoCloseable {

    private final String cluster;
    private final NodeId node;
    private final Endpoint database;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private Optional<Epoch> primaryOf = Optional.empty();
    private List<FakeAgent> members = List.of();
    private int questions;
    private int status = 200;

    FakeAgent(String cluster, String node, int databasePort) throws IOException {
        this(cluster, node, databasePort, 0);
    }

    FakeAgent(String cluster, String node, int databasePort, int port) throws IOException {
        this.cluster = cluster;
        this.node = new NodeId(node);
        this.database = new Endpoint("127.0.0.1", databasePort);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/v1/primary", this::primary);
        server.createContext("/v1/cluster", this::cluster);
        server.start();
    }

    NodeId node() {
        return node;
    }

    Endpoint api() {
        return new Endpoint("127.0.0.1", server.getAddress().getPort());
    }

    Topology.Primary asPrimary(long epoch) {
        return new Topology.Primary(node, new Epoch(epoch), database);
    }

    /** From now on it says that it is primary of {@code epoch}, 0 for that it is not. */
    synchronized FakeAgent says(long epoch) {
        primaryOf = Optional.of(epoch).filter(number -> number > 0).map(Epoch::new);
        notifyAll();
        return this;
    }

    synchronized void knows(FakeAgent... all) {
        members = List.of(all);
    }

    synchronized void answersWith(int httpStatus) {
        status = httpStatus;
        notifyAll();
    }

    synchronized int questions() {
        return questions;
    }

    private void primary(HttpExchange exchange) throws IOException {
        String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
        send(exchange, answer(query));
    }

    private synchronized String answer(String query) {
        questions++;
        if (query.startsWith("known=")) {
            String[] parts = query.split("[=&]", -1);
            Optional<Epoch> known = Optional.of(Long.parseLong(parts[1]))
                    .filter(number -> number > 0)
                    .map(Epoch::new);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(parts[3]));
            try {
                while (primaryOf.equals(known) && status == 200 && end - System.nanoTime() > 0) {
                    TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
                }
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
        }
        return """
                {"version": 1, "cluster": "%s", "node": "%s", "epoch": %s, "database": "%s", "later": [1]}""".formatted(cluster, node, primaryOf.map(Epoch::toString).orElse("null"), database);
    }

    private void cluster(HttpExchange exchange) throws IOException {
        String nodes;
        synchronized (this) {
            nodes = members.stream()
                    .map(member -> """
                            {"node": "%s", "api": "%s"}""".formatted(member.node, member.api()))
                    .collect(Collectors.joining(", "));
        }
        send(exchange, """
                {"version": 1, "cluster": "%s", "source": "LEADER", "nodes": [%s]}""".formatted(cluster, nodes));
    }

    private void send(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int now;
        synchronized (this) {
            now = status;
        }
        try (exchange) {
            exchange.sendResponseHeaders(now, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Gone: connections break, and new ones are refused. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
