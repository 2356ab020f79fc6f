package io.understudy.router.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The metrics of one scrape, each with its points, put together point by point. */
final class Families {
    private static final String PREFIX = "understudy_router_";

    /** One metric. */
    interface Family {
        /** Adds a value; {@code labels} are names and values in turn. */
        void point(double value, String... labels);

        MetricSnapshot snapshot();
    }

    private final Map<String, Family> byName = new LinkedHashMap<>();

    Family gauge(String name, String help) {
        return family(
                name,
                () -> new Gauge(GaugeSnapshot.builder().name(PREFIX + name).help(help)));
    }

    /** The format ends its name with {@code _total}. */
    Family counter(String name, String help) {
        return family(
                name,
                () -> new Counter(CounterSnapshot.builder().name(PREFIX + name).help(help)));
    }

    private Family family(String name, Supplier<Family> first) {
        return byName.computeIfAbsent(name, _ -> first.get());
    }

    MetricSnapshots snapshots() {
        return new MetricSnapshots(
                byName.values().stream().map(Family::snapshot).toList());
    }

    private record Gauge(GaugeSnapshot.Builder points) implements Family {
        @Override
        public void point(double value, String... labels) {
            points.dataPoint(GaugeDataPointSnapshot.builder()
                    .value(value)
                    .labels(Labels.of(labels))
                    .build());
        }

        @Override
        public MetricSnapshot snapshot() {
            return points.build();
        }
    }

    private record Counter(CounterSnapshot.Builder points) implements Family {
        @Override
        public void point(double value, String... labels) {
            points.dataPoint(CounterDataPointSnapshot.builder()
                    .value(value)
                    .labels(Labels.of(labels))
                    .build());
        }

        @Override
        public MetricSnapshot snapshot() {
            return points.build();
        }
    }
}
