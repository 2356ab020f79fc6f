package io.understudy.agent;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.understudy.coordination.ClusterLedger;
import io.understudy.coordination.ratis.Leadership;
import io.understudy.core.cluster.ClusterState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** {@code /metrics}: what was counted, and what is read from memory at that moment. Prometheus text format. */
final class Exposition {

    private final PrometheusRegistry registry;
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    Exposition(PrometheusRegistry registry, Board board, Checks checks, ClusterLedger ledger) {
        this.registry = registry;
        gauge(
                "is_primary",
                "Whether this node holds the open tenure under a valid lease.",
                () -> is(checks.isPrimary()));
        GaugeWithCallback.builder()
                .name("understudy_role")
                .help("What this node is now: one of the roles is 1.")
                .labelNames("role")
                .callback(callback -> {
                    callback.call(is(checks.isPrimary()), "primary");
                    callback.call(is(!checks.isPrimary() && checks.isReplica()), "replica");
                    callback.call(is(!checks.isPrimary() && !checks.isReplica()), "none");
                })
                .register(registry);
        gauge(
                "epoch",
                "Number of the current or last primary's tenure.",
                () -> state(ledger).map(state -> state.epoch().number()).orElse(0L));
        gauge(
                "in_sync_members",
                "Members whose confirmation a commit may wait for.",
                () -> state(ledger)
                        .map(state -> state.inSync().target().members().size())
                        .orElse(0));
        gauge("in_sync", "Whether this node is one of them.", () -> is(checks.isInSync()));
        gauge(
                "replay_lag_bytes",
                "Log of the primary that this replica has not replayed; 0 on others and when not known.",
                () -> checks.lagBytes().orElse(0L));
        gauge(
                "lease_remaining_seconds",
                "What is left of this node's lease; 0 when it holds none.",
                () -> board.lease()
                        .map(held -> Figures.seconds(board.leaseLeft(held.epoch())))
                        .orElse(0.0));
        gauge(
                "observation_age_seconds",
                "Age of the last look at the database; -1 before the first.",
                () -> board.picture()
                        .map(picture -> Figures.seconds(board.now().since(picture.at())))
                        .orElse(-1.0));
        gauge(
                "ledger_answer_age_seconds",
                "Time since the ledger last answered a report; -1 when it never did.",
                () -> board.contact()
                        .lastAnswer()
                        .map(at -> Figures.seconds(board.now().since(at)))
                        .orElse(-1.0));
        gauge("raft_term", "Raft term that this node is in.", ledger::term);
        gauge(
                "raft_is_leader",
                "Whether this node leads the Raft group.",
                () -> is(ledger.leadership() instanceof Leadership.Leading));
        gauge("raft_applied_index", "Last entry of the ledger applied here.", ledger::lastAppliedIndex);
        gauge(
                "ledger_version",
                "Version of the ledger known here.",
                () -> state(ledger).map(ClusterState::version).orElse(-1L));
        gauge(
                "quarantined",
                "Kept copies of diverged data on this node.",
                () -> board.picture().map(picture -> picture.kept().size()).orElse(0));
        double started =
                System.currentTimeMillis() / (double) Duration.ofSeconds(1).toMillis();
        gauge("start_time_seconds", "When this agent started, since 1970.", () -> started);
    }

    private static Optional<ClusterState> state(ClusterLedger ledger) {
        return ledger.lastKnown();
    }

    private static double is(boolean holds) {
        return holds ? 1 : 0;
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name("understudy_" + name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    Answer write() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException impossible) {
            throw new UncheckedIOException("Writing to memory failed", impossible);
        }
        return new Answer(200, writer.getContentType(), out.toByteArray());
    }
}
