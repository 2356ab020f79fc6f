package io.understudy.router.proof;

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
import io.understudy.router.topology.TopologySource;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;

/** A whole router in front of one server that is its primary from the start. */
final class RouterUnderTest implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";

    private final Router router;

    private RouterUnderTest(Router router) {
        this.router = router;
    }

    /** Passwords by SCRAM for everybody but the role that the server trusts too. */
    static RouterUnderTest start(EmbeddedServer server, Duration loginTimeout) throws Exception {
        List<AccessRule> access =
                List.of(new AccessRule("all", EmbeddedServer.TRUSTED, "all", Method.TRUST), AccessRule.SCRAM_FOR_ALL);
        return start(server.address(), FrontTls.OFF, access, loginTimeout);
    }

    static RouterUnderTest start(InetSocketAddress server, FrontTls tls, List<AccessRule> access, Duration loginTimeout)
            throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        RouterSettings sane = RouterSettings.defaults(new Endpoint(LOOPBACK, port));
        RouterSettings settings = new RouterSettings(
                sane.listen(),
                sane.poolMode(),
                sane.poolSize(),
                sane.maxUserServers(),
                sane.maxDatabaseServers(),
                sane.maxServers(),
                sane.maxClients(),
                sane.maxWaiting(),
                sane.queueTimeout(),
                loginTimeout,
                sane.idleServer(),
                sane.healthCheck(),
                sane.preparedStatements(),
                access);
        Router.Access how = new Router.Access(
                tls,
                BackTls.DISABLED,
                new Sessions.CatalogueLogin(
                        EmbeddedServer.SUPERUSER, "postgres", new ServerPassword(EmbeddedServer.PASSWORD)),
                () -> {});
        Topology primary =
                new Topology.Primary(new NodeId("node-1"), new Epoch(1), new Endpoint(LOOPBACK, server.getPort()));
        TopologySource always = listener -> {
            listener.accept(primary);
            return () -> {};
        };
        return new RouterUnderTest(Router.start(settings, how, always));
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), router.port());
    }

    @Override
    public void close() {
        router.close();
    }
}
