package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.understudy.router.metrics.RouterMetrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Prometheus is told, after real clients did something. */
@Timeout(60)
class MetricsTest {
    private static final String OF_POOL = "understudy_router_pool_";
    private static final String[] WHO = {"user", EmbeddedServer.TRUSTED, "database", "postgres"};

    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    @Test
    void everyFigureIsThereWithWhatClientsDid() throws Exception {
        PrometheusRegistry registry = new PrometheusRegistry();
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(2));
                Wire client = router.wire("application_name", "shop");
                Wire idle = router.wire("application_name", "idle")) {
            registry.register(new RouterMetrics(router.router()));
            client.ask("SELECT 1");
            client.ask("SELECT 1/0");
            client.ask("LISTEN news");
            // What a session holds is asked for after the client was answered, and before its next query goes out.
            client.ask("SELECT 3");
            idle.ask("SELECT 2");

            assertThat(value(registry, "understudy_router_up")).isEqualTo(1);
            assertThat(value(registry, "understudy_router_accepting")).isEqualTo(1);
            assertThat(value(registry, "understudy_router_primary_known")).isEqualTo(1);
            assertThat(value(registry, "understudy_router_epoch")).isEqualTo(1);
            assertThat(value(registry, "understudy_router_clients")).isEqualTo(2);
            assertThat(value(registry, "understudy_router_pinned_clients", "reason", "listen"))
                    .isEqualTo(1);
            assertThat(value(registry, "understudy_router_pinned_clients", "reason", "temporary"))
                    .isEqualTo(0);
            assertThat(value(registry, "understudy_router_transactions", WHO)).isEqualTo(5);
            assertThat(value(registry, "understudy_router_queries", WHO)).isEqualTo(5);
            assertThat(value(registry, "understudy_router_server_errors", WHO)).isEqualTo(1);
            assertThat(value(registry, "understudy_router_clients_admitted", WHO))
                    .isEqualTo(2);
            assertThat(value(registry, OF_POOL + "clients", with("state", "idle")))
                    .isEqualTo(1);
            assertThat(value(registry, "understudy_router_client_bytes", WHO)).isPositive();
            assertThat(value(registry, "understudy_router_requests_refused", with("reason", "queue_full")))
                    .isEqualTo(0);
        }
        assertThat(value(registry, "understudy_router_up"))
                .as("a router that ended says nothing else")
                .isEqualTo(0);
        assertThat(registry.scrape().size()).isEqualTo(1);
    }

    @Test
    void everyMetricHasHelpAndAName() throws Exception {
        PrometheusRegistry registry = new PrometheusRegistry();
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(2));
                Wire client = router.wire("application_name", "shop")) {
            client.ask("SELECT 1");
            registry.register(new RouterMetrics(router.router()));
            assertThat(registry.scrape().stream()).hasSizeGreaterThan(20).allSatisfy(metric -> {
                assertThat(metric.getMetadata().getName()).startsWith("understudy_router_");
                assertThat(metric.getMetadata().getHelp()).endsWith(".");
                assertThat(metric.getDataPoints()).isNotEmpty();
            });
        }
    }

    private static String[] with(String label, String value) {
        return new String[] {WHO[0], WHO[1], WHO[2], WHO[3], label, value};
    }

    private static double value(PrometheusRegistry registry, String name, String... labels) {
        MetricSnapshot metric = registry.scrape().stream()
                .filter(each -> each.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
        DataPointSnapshot point = metric.getDataPoints().stream()
                .filter(each -> each.getLabels().equals(Labels.of(labels)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " has no point with " + Labels.of(labels)));
        return switch (point) {
            case GaugeSnapshot.GaugeDataPointSnapshot gauge -> gauge.getValue();
            case CounterSnapshot.CounterDataPointSnapshot counter -> counter.getValue();
            default -> throw new AssertionError(name + " is neither a gauge nor a counter");
        };
    }
}
