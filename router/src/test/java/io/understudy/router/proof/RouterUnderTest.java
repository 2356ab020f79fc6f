package io.understudy.router.proof;

import io.understudy.router.Router;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.front.FrontTls;
import io.understudy.router.session.Sessions;
import io.understudy.router.topology.Topology;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A whole router, and ways to it. */
final class RouterUnderTest implements AutoCloseable {
    private static final int DEFAULT_POOL = 20;

    private final FakeTopology topology = new FakeTopology();
    private final AtomicInteger suspicions = new AtomicInteger();
    private final Router router;
    private final FrontTls tls;
    private Knobs knobs;

    private RouterUnderTest(Knobs knobs, FrontTls tls) throws Exception {
        this.knobs = knobs;
        this.tls = tls;
        router = Router.start(
                knobs.settings(),
                new Router.Access(
                        tls,
                        BackTls.DISABLED,
                        new Sessions.CatalogueLogin(
                                EmbeddedServer.SUPERUSER, "postgres", new ServerPassword(EmbeddedServer.PASSWORD)),
                        suspicions::incrementAndGet),
                topology);
    }

    /** Passwords by SCRAM for everybody but the role that the server trusts too. */
    static RouterUnderTest start(EmbeddedServer server, Duration loginTimeout) throws Exception {
        List<AccessRule> access =
                List.of(new AccessRule("all", EmbeddedServer.TRUSTED, "all", Method.TRUST), AccessRule.SCRAM_FOR_ALL);
        return start(server.address(), FrontTls.OFF, access, loginTimeout);
    }

    static RouterUnderTest start(InetSocketAddress server, FrontTls tls, List<AccessRule> access, Duration loginTimeout)
            throws Exception {
        Knobs knobs = Knobs.pool(DEFAULT_POOL)
                .maxClients(10_000)
                .maxWaiting(10_000)
                .loginTimeout(loginTimeout)
                .access(access);
        RouterUnderTest router = new RouterUnderTest(knobs, tls);
        router.primaryIs(1, server);
        return router;
    }

    /** In front of the primary at {@code server} from the start. */
    static RouterUnderTest start(InetSocketAddress server, Knobs knobs) throws Exception {
        RouterUnderTest router = untold(knobs);
        router.primaryIs(1, server);
        return router;
    }

    /** One that was told of no primary yet. */
    static RouterUnderTest untold(Knobs knobs) throws Exception {
        return new RouterUnderTest(knobs, FrontTls.OFF);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), router.port());
    }

    Router router() {
        return router;
    }

    /** Returns when the router has taken notice. */
    void topologyIs(Topology told) throws InterruptedException {
        topology.is(told);
        // Its event loop takes one thing after the other.
        reload(knobs);
    }

    /** Returns when the router has taken notice. */
    void primaryIs(long epoch, InetSocketAddress database) throws InterruptedException {
        topologyIs(FakeTopology.primary(epoch, database));
    }

    /** How often the router wanted the topology to be looked at. */
    int suspicions() {
        return suspicions.get();
    }

    void reload(Knobs changed) throws InterruptedException {
        knobs = changed;
        router.reload(changed.settings(), tls);
    }

    /** By pgjdbc, as the role that needs no password. */
    Connection connect() throws SQLException {
        return connect("");
    }

    /** By pgjdbc with more parameters, such as {@code &prepareThreshold=1}. */
    Connection connect(String parameters) throws SQLException {
        return connect(EmbeddedServer.TRUSTED, "postgres", parameters);
    }

    Connection connect(String user, String database, String parameters) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + router.port() + "/" + database + "?user="
                + user + "&sslmode=disable&gssEncMode=disable&socketTimeout=20" + parameters);
    }

    /** By a raw socket, as the role that needs no password, ready for a query. */
    Wire wire(String... settings) throws Exception {
        return Wire.loggedIn(address(), settings);
    }

    @Override
    public void close() {
        router.close();
    }
}
