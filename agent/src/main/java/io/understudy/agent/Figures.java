package io.understudy.agent;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.reconciler.Action;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What the agent counts for Prometheus. Thread-safe, but {@link #changes} is the loop's. */
final class Figures {

    private final Summary turns;
    private final Counter actions;
    private final Counter failures;
    private final Counter reports;
    private final Summary answers;
    private final Counter changes;
    private final Gauge lastOutage;
    private long countedEpoch;

    Figures(PrometheusRegistry registry) {
        turns = Summary.builder()
                .withoutExemplars()
                .name("understudy_loop_duration_seconds")
                .help("Time from the beginning of a turn of the agent's loop to its decision.")
                .register(registry);
        actions = Counter.builder()
                .withoutExemplars()
                .name("understudy_actions_total")
                .help("Steps that the agent took and that succeeded.")
                .labelNames("action")
                .register(registry);
        failures = Counter.builder()
                .withoutExemplars()
                .name("understudy_action_failures_total")
                .help("Steps that the agent took and that failed.")
                .labelNames("action")
                .register(registry);
        reports = Counter.builder()
                .withoutExemplars()
                .name("understudy_reports_total")
                .help("Reports to the Raft leader, by what became of them.")
                .labelNames("outcome")
                .register(registry);
        answers = Summary.builder()
                .withoutExemplars()
                .name("understudy_report_duration_seconds")
                .help(
                        "Time from sending a report to its answer, which a majority confirmed. A replica's may wait for the primary's.")
                .register(registry);
        changes = Counter.builder()
                .withoutExemplars()
                .name("understudy_failovers_total")
                .help("Changes of primary that were opened to clients, as the ledger's history has them, by cause.")
                .labelNames("cause")
                .register(registry);
        lastOutage = Gauge.builder()
                .name("understudy_last_outage_seconds")
                .help("From the end of the last tenure to the opening of the present one, on the Raft leader's clock.")
                .register(registry);
        for (Cause cause : Cause.values()) {
            changes.labelValues(label(cause)).inc(0);
        }
        for (String outcome : new String[] {"answered", "failed"}) {
            reports.labelValues(outcome).inc(0);
        }
    }

    void turn(Duration took) {
        turns.observe(seconds(took));
    }

    void acted(Action action) {
        actions.labelValues(action.step()).inc();
    }

    void failed(Action action) {
        failures.labelValues(action.step()).inc();
    }

    void reported(Duration took) {
        reports.labelValues("answered").inc();
        answers.observe(seconds(took));
    }

    void unanswered() {
        reports.labelValues("failed").inc();
    }

    /** Counts the changes of primary that were not counted yet. */
    void changes(ClusterState state) {
        for (PrimaryChange change : state.history()) {
            if (change.epoch().number() > countedEpoch && change.openedAt().isPresent()) {
                countedEpoch = change.epoch().number();
                changes.labelValues(label(change.cause())).inc();
                lastOutage.set(seconds(
                        Duration.between(change.beganAt(), change.openedAt().get())));
            }
        }
    }

    private static String label(Cause cause) {
        return cause.name().toLowerCase(Locale.ROOT);
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
