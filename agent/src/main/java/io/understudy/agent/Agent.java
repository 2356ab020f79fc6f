package io.understudy.agent;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.agent.api.Api;
import io.understudy.coordination.ClusterLedger;
import io.understudy.coordination.Confirmed;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Report;
import io.understudy.engines.Engine;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * One node's agent: the ledger's copy, the loop over its database, the reports and the HTTP API.
 *
 * <p>Closing leaves the database and its guard running: whoever stops a primary's agent for longer than a lease has it
 * fenced.
 */
public final class Agent implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Agent.class);

    private final AgentSettings settings;
    private final Engine engine;
    private final Supplier<MonotonicTime> clock = () -> new MonotonicTime(System.nanoTime());
    private final Board board = new Board(clock);
    private final Events events = new Events(Clock.systemUTC());
    private final Checks checks;
    private final PrimaryNews news;
    private final Wake loopWake = new Wake();
    private final Wake reporterWake = new Wake();
    private final ClusterLedger ledger;
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final HttpApi http;
    private final Repeating loop;
    private final Repeating reporter;
    private final ExecutorService answers = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("answers").factory());

    /**
     * Starts the agent; returns without waiting for other nodes. The agent owns {@code engine} from here on, also when this
     * fails.
     *
     * @throws IOException if an address or directory cannot be used
     */
    public static Agent start(AgentSettings settings, Engine engine) throws IOException {
        Agent agent = new Agent(settings, engine);
        agent.begin();
        return agent;
    }

    private Agent(AgentSettings settings, Engine engine) throws IOException {
        this.settings = settings;
        this.engine = engine;
        this.checks = new Checks(settings.self(), board);
        this.news = new PrimaryNews(checks);
        Figures figures = new Figures(registry);
        Reporter reports = new Reporter(new Node(), board, events, figures, engine, reporterWake);
        reporter = new Repeating("reporter-" + settings.self(), reports::turn, reporterWake, this::broken);
        try {
            ledger = ClusterLedger.start(settings.raft(), settings.formed(), clock);
        } catch (IOException | RuntimeException failure) {
            engine.close();
            throw failure;
        }
        AgentLoop turns = new AgentLoop(
                settings.self(), engine, ledger::state, new Recorder(board, events, engine, figures, reporterWake));
        loop = new Repeating(
                "loop-" + settings.self(),
                () -> {
                    // First, so that the turn that learns of a Grant has its lease.
                    reports.countLeaseOfGrant();
                    return turns.turn();
                },
                loopWake,
                this::broken);
        try {
            http = http();
        } catch (IOException | RuntimeException failure) {
            ledger.close();
            engine.close();
            throw failure;
        }
    }

    private HttpApi http() throws IOException {
        JsonMapper json = Api.json();
        board.onChange(news::changed);
        return new HttpApi(
                settings.own().api(),
                json,
                new ApiRoutes(
                        settings,
                        json,
                        new ClusterDesk(settings, ledger, board, engine, Clock.systemUTC()),
                        new QuarantineDesk(settings.self(), engine, events),
                        news,
                        events),
                checks,
                new CheckBody(settings.self(), checks, board),
                new Exposition(registry, board, checks, ledger));
    }

    private void begin() {
        engine.onChange(loopWake);
        ledger.onChange(loopWake);
        ledger.onChange(reporterWake);
        ledger.onDecision(this::decided);
        http.start();
        loop.start();
        reporter.start();
        log.info(
                "Agent of node {} of cluster {} started, API at {}",
                settings.self(),
                settings.cluster(),
                settings.own().api());
    }

    private void decided(Optional<Decision> before, Decision now) {
        events.add("decision", before.map(Decision::rule).orElse(""), now.rule(), now.reason());
    }

    private void broken(RuntimeException failure) {
        log.error("A turn of node {} broke and is taken again", settings.self(), failure);
        events.add("broken", "", failure.getClass().getSimpleName(), String.valueOf(failure.getMessage()));
    }

    /** The ledger, as this node uses it. */
    public ClusterLedger ledger() {
        return ledger;
    }

    /** What {@code /metrics} answers with; what runs in the same process may add its own. */
    public PrometheusRegistry metrics() {
        return registry;
    }

    /** The epoch of which this node is primary and open to clients, on its own word; empty when it is not. */
    public Optional<Epoch> primary() {
        return news.primary();
    }

    /**
     * Waits while {@link #primary} is {@code known}, for who runs in this process; what others wait for over the API is not counted
     * with it.
     *
     * @param longest returns then at the latest
     * @return what it is then
     */
    public Optional<Epoch> awaitPrimaryOther(Optional<Epoch> known, Duration longest) throws InterruptedException {
        return news.awaitOtherHere(known, longest);
    }

    /** Completes with the reason when the agent cannot go on: its copy of the ledger stopped. Then it must be restarted. */
    public CompletableFuture<String> failed() {
        return ledger.stopped();
    }

    /** Stops acting first, then reporting, then answering, and lets go of the server last. */
    @Override
    public void close() {
        loop.close();
        reporter.close();
        http.close();
        ledger.close();
        engine.close();
    }

    private final class Node implements Reporter.Surroundings {
        @Override
        public MemberRecord self() {
            NodeAddresses own = settings.own();
            return new MemberRecord(own.node(), Optional.empty(), ledger.storage(), own.database(), own.api());
        }

        @Override
        public CompletableFuture<Confirmed> report(Report report) {
            // Extending the lease asks the guard and may wait for it; Raft's thread must not.
            return ledger.report(report).thenApplyAsync(answer -> answer, answers);
        }

        @Override
        public Optional<ClusterState> state() {
            return ledger.state();
        }

        @Override
        public Optional<NodeId> leader() {
            return ledger.leader();
        }

        @Override
        public void leaseArrived() {
            loopWake.run();
        }
    }
}
