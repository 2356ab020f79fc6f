package io.understudy.benchmarks.router;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.Router;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.front.FrontTls;
import io.understudy.router.session.Sessions;
import io.understudy.router.topology.Topology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One client's transactions, at a server in the same JVM and through a router. What {@code gc.alloc.rate.norm} says of the first is of the
 * client and the server; what it says of the second beyond that is of the router, for each transaction. Compare one message with a
 * pipeline of twenty to see what a message costs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 3, time = 5)
@Fork(1)
public class TransactionBenchmark {
    private static final int PIPELINE = 20;

    /** What is in between. */
    public enum Route {
        DIRECT,
        ROUTER
    }

    /** What a transaction consists of. */
    public enum Transaction {
        SIMPLE,
        UNNAMED,
        PREPARED,
        PIPELINE_OF_20_SIMPLE,
        PIPELINE_OF_20_PREPARED;

        private ByteBuffer said() {
            Bytes bytes = new Bytes();
            switch (this) {
                case SIMPLE -> bytes.query("select 1");
                case UNNAMED -> bytes.parse("", "select 1").bind("").execute().empty('S');
                case PREPARED -> bytes.bind("named").execute().empty('S');
                case PIPELINE_OF_20_SIMPLE -> {
                    for (int i = 0; i < PIPELINE; i++) {
                        bytes.query("select 1");
                    }
                }
                case PIPELINE_OF_20_PREPARED -> {
                    for (int i = 0; i < PIPELINE; i++) {
                        bytes.bind("named").execute();
                    }
                    bytes.empty('S');
                }
            }
            return bytes.said();
        }

        private int readies() {
            return this == PIPELINE_OF_20_SIMPLE ? PIPELINE : 1;
        }
    }

    @Param
    public Route route = Route.ROUTER;

    @Param
    public Transaction transaction = Transaction.SIMPLE;

    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private @Nullable MeasuredClient client;
    private ByteBuffer words = ByteBuffer.allocateDirect(0);
    private int answerBytes;

    @Setup(Level.Trial)
    public void start() throws IOException, InterruptedException {
        CannedServer server = new CannedServer();
        started.push(server);
        InetSocketAddress address = server.address();
        if (route == Route.ROUTER) {
            Router router = routerTo(address);
            started.push(router);
            address = new InetSocketAddress(InetAddress.getLoopbackAddress(), router.port());
        }
        MeasuredClient fresh = new MeasuredClient(address);
        started.push(fresh);
        fresh.lengthOfAnswer(new Bytes().parse("named", "select 1").empty('S').said(), 1);
        words = transaction.said();
        answerBytes = fresh.lengthOfAnswer(words, transaction.readies());
        client = fresh;
    }

    private static Router routerTo(InetSocketAddress server) throws IOException, InterruptedException {
        String host = InetAddress.getLoopbackAddress().getHostAddress();
        RouterSettings defaults = RouterSettings.defaults(new Endpoint(host, freePort()));
        RouterSettings settings = new RouterSettings(
                defaults.listen(),
                RouterSettings.PoolMode.TRANSACTION,
                1,
                defaults.maxUserServers(),
                defaults.maxDatabaseServers(),
                defaults.maxServers(),
                defaults.maxClients(),
                defaults.maxWaiting(),
                defaults.queueTimeout(),
                defaults.loginTimeout(),
                Duration.ofHours(1),
                Duration.ofHours(1),
                defaults.preparedStatements(),
                List.of(new AccessRule("all", "all", "all", Method.TRUST)));
        Router.Access access = new Router.Access(
                FrontTls.OFF,
                BackTls.DISABLED,
                new Sessions.CatalogueLogin("nobody", "postgres", new ServerPassword("never asked for")),
                () -> {});
        Topology primary =
                new Topology.Primary(new NodeId("canned"), new Epoch(1), new Endpoint(host, server.getPort()));
        return Router.start(settings, access, listener -> {
            listener.accept(primary);
            return () -> {};
        });
    }

    private static int freePort() throws IOException {
        try (ServerSocket found = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return found.getLocalPort();
        }
    }

    @Benchmark
    public void transaction() throws IOException {
        MeasuredClient asking = client;
        if (asking == null) {
            throw new IllegalStateException("nothing was started");
        }
        asking.ask(words, answerBytes);
    }

    @TearDown(Level.Trial)
    public void end() throws Exception {
        for (AutoCloseable one : started) {
            one.close();
        }
        started.clear();
    }
}
