package io.understudy.cli.node;

import io.understudy.core.cluster.Endpoint;
import io.understudy.router.Router;
import io.understudy.router.RouterSettings;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.front.FrontTls;
import io.understudy.router.session.Sessions;
import io.understudy.router.topology.AgentTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running router with what tells it who is primary. */
final class RouterLaunch {

    private static final Logger log = LoggerFactory.getLogger(RouterLaunch.class);

    /** Where roles are looked up: the log-in's rights are in this database alone. */
    private static final String CATALOGUE = "postgres";

    /** Nobody is looked up without a rule that says SCRAM, so this log-in is never used. */
    private static final CatalogueLogin NOBODY = new CatalogueLogin("nobody", "none");

    private final Router router;
    private final AgentTopology topology;

    private RouterLaunch(Router router, AgentTopology topology) {
        this.router = router;
        this.topology = topology;
    }

    /**
     * What a router is started with.
     *
     * @param lookup empty when no access rule needs it
     */
    record Plan(
            RouterSettings settings,
            Optional<CatalogueLogin> lookup,
            RouterFile.ClientTls clientTls,
            RouterFile.ServerTls serverTls) {

        static Plan of(RouterFile file) throws IOException {
            Optional<CatalogueLogin> login =
                    file.lookup().isPresent() ? Optional.of(file.lookup().get().login()) : Optional.empty();
            return new Plan(file.settings(), login, file.clientTls(), file.serverTls());
        }

        /** A router with an agent's own means. */
        static Plan in(Endpoint listen, CatalogueLogin lookup) {
            return new Plan(
                    RouterSettings.defaults(listen),
                    Optional.of(lookup),
                    RouterFile.ClientTls.OFF,
                    RouterFile.ServerTls.PREFERRED);
        }
    }

    /**
     * Starts listening.
     *
     * @param topology closed with the router, also when this fails
     * @throws IOException when the address or a file cannot be used
     */
    static RouterLaunch start(Plan plan, AgentTopology topology) throws IOException, InterruptedException {
        try {
            CatalogueLogin lookup = plan.lookup().orElse(NOBODY);
            Router router = Router.start(
                    plan.settings(),
                    new Router.Access(
                            frontTls(plan.clientTls()),
                            backTls(plan.serverTls()),
                            new Sessions.CatalogueLogin(
                                    lookup.role(), CATALOGUE, new ServerPassword(lookup.password())),
                            topology::suspect),
                    topology);
            return new RouterLaunch(router, topology);
        } catch (IOException | InterruptedException | RuntimeException failed) {
            topology.close();
            throw failed;
        }
    }

    /** The running router, for its figures and its operators. */
    Router router() {
        return router;
    }

    /** Takes what may be changed without a restart; clients stay. */
    void reload(Plan plan) throws IOException, InterruptedException {
        router.reload(plan.settings(), frontTls(plan.clientTls()));
    }

    /** Takes no more clients, lets transactions under way end, for as long as {@code drain}, and disconnects the rest. */
    void close(Duration drain) {
        try {
            int left = router.drain(drain);
            if (left > 0) {
                log.warn("{} clients are disconnected: they had not ended after {} s", left, drain.toSeconds());
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        } finally {
            router.close();
            topology.close();
        }
    }

    private static FrontTls frontTls(RouterFile.ClientTls tls) throws IOException {
        FrontTls.Mode mode = switch (tls.mode()) {
            case OFF -> FrontTls.Mode.OFF;
            case ALLOW -> FrontTls.Mode.ALLOW;
            case REQUIRE -> FrontTls.Mode.REQUIRE;
        };
        if (mode == FrontTls.Mode.OFF) {
            return FrontTls.OFF;
        }
        RouterFile.KeyPair own = tls.own().orElseThrow();
        return FrontTls.of(mode, own.certificate(), own.key(), tls.authority().orElse(null));
    }

    private static BackTls backTls(RouterFile.ServerTls tls) throws IOException {
        BackTls.Mode mode = switch (tls.mode()) {
            case DISABLE -> BackTls.Mode.DISABLE;
            case PREFER -> BackTls.Mode.PREFER;
            case REQUIRE -> BackTls.Mode.REQUIRE;
            case VERIFY_CA -> BackTls.Mode.VERIFY_CA;
            case VERIFY_FULL -> BackTls.Mode.VERIFY_FULL;
        };
        Optional<Path> authority = tls.authority();
        return BackTls.of(
                mode,
                authority.orElse(null),
                tls.own()
                        .map(pair -> new BackTls.KeyPair(pair.certificate(), pair.key()))
                        .orElse(null));
    }
}
