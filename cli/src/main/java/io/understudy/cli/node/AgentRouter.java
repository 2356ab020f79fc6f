package io.understudy.cli.node;

import io.understudy.agent.Agent;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.metrics.RouterMetrics;
import io.understudy.router.topology.AgentTopology;
import io.understudy.router.topology.OwnNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The router inside an agent. That it cannot start, or broke, is told and changes nothing for the database: supervising goes on.
 */
final class AgentRouter implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AgentRouter.class);

    /** An init system that ends the agent does not wait for long. */
    private static final Duration DRAIN = Duration.ofSeconds(5);

    private final RouterLaunch router;

    private AgentRouter(RouterLaunch router) {
        this.router = router;
    }

    /**
     * Starts it where the node file names an address for it.
     *
     * @return empty when none is named, or it cannot start
     */
    static Optional<AgentRouter> start(NodeFile file, Agent agent, CatalogueLogin lookup) throws InterruptedException {
        Optional<Endpoint> listen = file.own().router();
        if (listen.isEmpty()) {
            return Optional.empty();
        }
        List<Endpoint> others = file.nodes().stream()
                .filter(node -> !node.equals(file.node()))
                .map(node -> file.addresses(node).api())
                .toList();
        AgentTopology topology =
                AgentTopology.watchFrom(ownNode(file.node(), file.own().database(), agent), file.cluster(), others);
        try {
            AgentRouter started =
                    new AgentRouter(RouterLaunch.start(RouterLaunch.Plan.in(listen.get(), lookup), topology));
            agent.metrics().register(new RouterMetrics(started.router.router()));
            log.info("Router of node {} started at {}", file.node(), listen.get());
            return Optional.of(started);
        } catch (IOException | RuntimeException failed) {
            log.error(
                    "The router of node {} cannot be started at {}, and clients must connect elsewhere; the database is"
                            + " supervised all the same. Free the address or name another, and start the agent again: {}",
                    file.node(),
                    listen.get(),
                    failed.toString());
            return Optional.empty();
        }
    }

    private static OwnNode ownNode(NodeId node, Endpoint database, Agent agent) {
        return new OwnNode() {
            @Override
            public NodeId node() {
                return node;
            }

            @Override
            public Endpoint database() {
                return database;
            }

            @Override
            public Optional<Epoch> primary() {
                return agent.primary();
            }

            @Override
            public Optional<Epoch> awaitOther(Optional<Epoch> known, Duration longest) throws InterruptedException {
                return agent.awaitPrimaryOther(known, longest);
            }
        };
    }

    @Override
    public void close() {
        router.close(DRAIN);
    }
}
