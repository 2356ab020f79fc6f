package io.understudy.router.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.understudy.router.Router;
import io.understudy.router.admin.Counts;
import io.understudy.router.admin.PinKind;
import io.understudy.router.admin.PoolFigures;
import io.understudy.router.admin.Refusal;
import io.understudy.router.admin.RouterFigures;
import io.understudy.router.topology.Topology;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A router for Prometheus. What is counted of one user in one database carries {@code user} and {@code database}; there are as many
 * of these as the router counts one by one, and {@link PoolFigures#OTHERS} in both for the rest.
 */
public final class RouterMetrics implements MultiCollector {

    /** A router that has not answered by then is hung, which is what the scrape says. */
    static final Duration LONGEST = Duration.ofSeconds(2);

    private static final double NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

    /** Where figures come from. */
    @FunctionalInterface
    interface Source {
        /** Empty when the router does not answer. */
        Optional<RouterFigures> figures() throws InterruptedException;
    }

    private final Source source;

    /** Asks {@code router} at each scrape. */
    public RouterMetrics(Router router) {
        this(() -> router.figures(LONGEST));
    }

    RouterMetrics(Source source) {
        this.source = source;
    }

    @Override
    public MetricSnapshots collect() {
        Optional<RouterFigures> figures = ask();
        Families families = new Families();
        families.gauge("up", "Whether the router answered this scrape: when not, nothing else is told of it.")
                .point(figures.isPresent() ? 1 : 0);
        figures.ifPresent(seen -> {
            whole(families, seen);
            for (PoolFigures pool : seen.pools()) {
                now(families, pool);
                counted(families, pool);
            }
        });
        return families.snapshots();
    }

    private Optional<RouterFigures> ask() {
        try {
            return source.figures();
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static void whole(Families families, RouterFigures seen) {
        families.gauge("accepting", "Whether new clients are let in: not while the router ends.")
                .point(seen.accepting() ? 1 : 0);
        families.gauge("primary_known", "Whether the router knows a primary: when not, requests wait.")
                .point(seen.topology() instanceof Topology.Primary ? 1 : 0);
        families.gauge("epoch", "Epoch of the primary that the router knows; 0 when it knows none.")
                .point(
                        seen.topology() instanceof Topology.Primary primary
                                ? primary.epoch().number()
                                : 0);
        families.gauge("clients", "Clients that were let in, or are on their way through the log-in.")
                .point(seen.door().clients());
        families.counter("connections_refused", "Connections of clients that were not let in.")
                .point(seen.door().refused());
        families.gauge("operators", "Sessions in the router's own database.").point(seen.adminClients());
        Families.Family memory = families.gauge(
                "buffer_bytes", "Memory of the buffers that clients and servers are read into, free ones included.");
        memory.point(seen.memory().direct(), "kind", "direct");
        memory.point(seen.memory().heap(), "kind", "heap");
        Families.Family pinned = families.gauge(
                "pinned_clients",
                "Clients that cannot leave their server connection between transactions, by what ties them.");
        for (PinKind kind : PinKind.values()) {
            pinned.point(seen.pinned().getOrDefault(kind, 0), "reason", lower(kind));
        }
    }

    private static void now(Families families, PoolFigures pool) {
        String user = pool.user();
        String database = pool.database();
        Families.Family clients = families.gauge(
                "pool_clients", "Clients by what they do: with a server connection, waiting for one, or neither.");
        clients.point(pool.clientsActive(), "user", user, "database", database, "state", "active");
        clients.point(pool.clientsWaiting(), "user", user, "database", database, "state", "waiting");
        clients.point(pool.clientsIdle(), "user", user, "database", database, "state", "idle");
        Families.Family servers =
                families.gauge("pool_servers", "Server connections by what they do: in use, resting, or being opened.");
        servers.point(pool.serversActive(), "user", user, "database", database, "state", "active");
        servers.point(pool.serversIdle(), "user", user, "database", database, "state", "idle");
        servers.point(pool.serversOpening(), "user", user, "database", database, "state", "opening");
        families.gauge("pool_oldest_wait_seconds", "How long the client waits that waits longest; 0 when none does.")
                .point(seconds(pool.oldestWait()), "user", user, "database", database);
        families.gauge("pool_paused", "Whether PAUSE holds clients back.")
                .point(pool.paused() ? 1 : 0, "user", user, "database", database);
        families.gauge("pool_failing", "Whether the last attempt to open a server connection failed.")
                .point(pool.lastProblem().isEmpty() ? 0 : 1, "user", user, "database", database);
    }

    private static void counted(Families families, PoolFigures pool) {
        count(families, pool, "clients_admitted", "Clients that were let in.", Counts::clients);
        count(
                families,
                pool,
                "transactions",
                "Transactions that ended, a statement outside of a block included.",
                Counts::transactions);
        count(families, pool, "queries", "Simple queries, and executions of prepared statements.", Counts::queries);
        count(
                families,
                pool,
                "client_messages",
                "Messages from clients.",
                counts -> counts.traffic().clientMessages());
        count(
                families,
                pool,
                "client_bytes",
                "Bytes from clients.",
                counts -> counts.traffic().clientBytes());
        count(
                families,
                pool,
                "server_messages",
                "Messages from servers.",
                counts -> counts.traffic().serverMessages());
        count(
                families,
                pool,
                "server_bytes",
                "Bytes from servers.",
                counts -> counts.traffic().serverBytes());
        count(
                families,
                pool,
                "server_errors",
                "Errors that servers answered with.",
                counts -> counts.traffic().serverErrors());
        count(
                families,
                pool,
                "server_busy_seconds",
                "Time in which servers had something to answer, of all their connections together.",
                counts -> seconds(counts.busy()));
        count(
                families,
                pool,
                "waits",
                "Clients that waited for a server connection and got one.",
                counts -> counts.waits().count());
        count(
                families,
                pool,
                "wait_seconds",
                "How long these waited, together.",
                counts -> seconds(counts.waits().waited()));
        count(families, pool, "cancels", "Queries that clients cancelled.", Counts::cancels);
        count(
                families,
                pool,
                "servers_opened",
                "Server connections that were opened.",
                counts -> counts.servers().opened());
        count(
                families,
                pool,
                "servers_closed",
                "Server connections that ended, for whatever reason.",
                counts -> counts.servers().closed());
        count(
                families,
                pool,
                "servers_lost",
                "Of these, those that the router did not close itself.",
                counts -> counts.servers().lost());
        Families.Family refused =
                families.counter("requests_refused", "Requests that got no server connection, by reason.");
        for (Refusal why : Refusal.values()) {
            refused.point(
                    pool.counts().refused().getOrDefault(why, 0L),
                    "user",
                    pool.user(),
                    "database",
                    pool.database(),
                    "reason",
                    lower(why));
        }
    }

    private static void count(
            Families families, PoolFigures pool, String name, String help, ToDoubleFunction<Counts> value) {
        families.counter(name, help)
                .point(value.applyAsDouble(pool.counts()), "user", pool.user(), "database", pool.database());
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / NANOS_PER_SECOND;
    }

    private static String lower(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT);
    }
}
