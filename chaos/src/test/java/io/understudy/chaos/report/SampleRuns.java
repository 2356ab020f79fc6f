package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.AgentFigures;
import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.Finding;
import io.understudy.chaos.report.ChaosReport.LagPoint;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import io.understudy.chaos.report.ChaosReport.Slot;
import io.understudy.chaos.report.ChaosReport.TenureSpan;
import io.understudy.chaos.report.ChaosReport.Totals;
import io.understudy.chaos.report.ChaosReport.UncausedFault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** Made-up runs that look like real ones, the same for the same seed. */
final class SampleRuns {

    private static final long SLOT_MILLIS = 500;
    private static final List<String> NODES = List.of("node-a", "node-b", "node-c");
    private static final List<String> KINDS = List.of(
            "server-killed",
            "agent-killed",
            "node-killed",
            "agent-paused",
            "node-cut-off",
            "raft-leader-cut-off",
            "disk-full",
            "switchover-asked",
            "replica-lagging",
            "backends-terminated");

    private final Random random;
    private final long lastsMillis;
    private final List<FaultSpan> faults = new ArrayList<>();
    private final List<TenureSpan> tenures = new ArrayList<>();
    private final List<OutageSpan> outages = new ArrayList<>();

    private SampleRuns(long seed, Duration lasts) {
        this.random = new Random(seed);
        this.lastsMillis = lasts.toMillis();
    }

    /** Writes pages to look at into the folder that the one argument names: {@code short.html}, {@code long.html}, and so on. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        ReportPage.write(folder.resolve("two-minutes.html"), kept(2, 4));
        ReportPage.write(folder.resolve("short.html"), kept(5, 11));
        ReportPage.write(folder.resolve("long.html"), kept(60, 150));
        ReportPage.write(folder.resolve("broken.html"), broken(kept(5, 11)));
        ReportPage.write(folder.resolve("empty.html"), empty());
    }

    /** A run in which every promise was kept. */
    static ChaosReport kept(int minutes, int faults) {
        return new SampleRuns(7, Duration.ofMinutes(minutes)).make(faults);
    }

    /** The same, with two promises broken in it. */
    static ChaosReport broken(ChaosReport kept) {
        Totals was = kept.totals();
        return new ChaosReport(
                kept.commit(),
                kept.command(),
                kept.seed(),
                kept.mode(),
                kept.nodes(),
                kept.beganAt(),
                kept.lastedMillis(),
                new Totals(
                        was.faults(),
                        was.failovers(),
                        was.switchovers(),
                        was.acknowledged(),
                        was.refused(),
                        was.unknown(),
                        3,
                        0,
                        1,
                        0,
                        was.reads(),
                        was.outageMedianMillis(),
                        was.outageLongestMillis()),
                kept.faults(),
                kept.uncaused(),
                kept.tenures(),
                kept.outages(),
                kept.lag(),
                kept.clients(),
                kept.agents(),
                List.of(
                        new Finding(
                                "no acknowledged write is lost",
                                "expected ids 48211, 48212 and 48213 of client ids-1, acknowledged in epoch 2, to be there;"
                                        + " found none of them",
                                kept.lastedMillis() * 2 / 5),
                        new Finding(
                                "no write is there twice",
                                "expected id 50417 of client ids-2 once, found it twice",
                                kept.lastedMillis() * 4 / 5)));
    }

    /** Nothing happened at all. */
    static ChaosReport empty() {
        return new ChaosReport(
                "0000000",
                "chaos/run",
                0,
                "sync",
                List.of(),
                Instant.EPOCH,
                0,
                new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Optional.empty(), Optional.empty()),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private ChaosReport make(int count) {
        cause(count);
        List<ClientTrack> clients = Stream.of(
                        "ids-1 ids primary",
                        "ids-2 ids router",
                        "lists-1 lists primary",
                        "lists-2 lists router",
                        "balances-1 balances primary",
                        "balances-2 balances router",
                        "reads-1 reads router",
                        "reads-2 reads replica:node-c")
                .map(words -> words.split(" "))
                .map(words -> track(words[0], words[1], words[2].replace(':', ' ')))
                .toList();
        long acknowledged = clients.stream()
                .flatMap(track -> track.slots().stream())
                .mapToLong(Slot::acknowledged)
                .sum();
        long refused = clients.stream()
                .flatMap(track -> track.slots().stream())
                .mapToLong(Slot::refused)
                .sum();
        long unknown = clients.stream()
                .flatMap(track -> track.slots().stream())
                .mapToLong(Slot::unknown)
                .sum();
        List<Long> lengths = outages.stream()
                .map(outage -> outage.toMillis() - outage.fromMillis())
                .sorted()
                .toList();
        Totals totals = new Totals(
                count,
                tenures.size() - 1,
                0,
                acknowledged,
                refused,
                unknown,
                0,
                0,
                0,
                0,
                acknowledged / 3,
                lengths.isEmpty() ? Optional.empty() : Optional.of(lengths.get(lengths.size() / 2)),
                lengths.isEmpty() ? Optional.empty() : Optional.of(lengths.getLast()));
        return new ChaosReport(
                "4d0a8da+",
                "chaos/run --mode semi-sync --seed 7 --minutes " + lastsMillis / 60_000 + " --faults " + count,
                7,
                "semi-sync",
                NODES,
                Instant.parse("2026-05-01T08:30:00.123Z"),
                lastsMillis,
                totals,
                faults,
                List.of(new UncausedFault(
                        "agent-killed",
                        lastsMillis / 2,
                        "Not all of node-a runs: agents and guards [], server processes []")),
                tenures,
                outages,
                lag(),
                clients,
                NODES.stream().map(this::agent).toList(),
                List.of());
    }

    private void cause(int count) {
        long opened = 900;
        String primary = NODES.getFirst();
        String rule = "C03 grant-first";
        String reason = "the first database is made and sealed";
        for (int number = 1; number <= count; number++) {
            long from = lastsMillis * number / (count + 1) + random.nextLong(3_000);
            String kind = KINDS.get(random.nextInt(KINDS.size()));
            String node = random.nextBoolean() ? primary : NODES.get(random.nextInt(NODES.size()));
            List<String> nodes = kind.equals("raft-leader-cut-off") ? List.of() : List.of(node);
            long lasts = 1_000 + random.nextLong(12_000);
            Optional<Long> outage = Optional.of(60 + random.nextLong(200));
            if (nodes.contains(primary) && !kind.equals("replica-lagging")) {
                long took = 900 + random.nextLong(4_500);
                outages.add(new OutageSpan(from + 40, from + 40 + took));
                outage = Optional.of(took);
                tenures.add(new TenureSpan(
                        tenures.size() + 1,
                        primary,
                        tenures.isEmpty() ? "bootstrap" : "failover",
                        rule,
                        reason,
                        opened,
                        Optional.of(from + took / 2)));
                primary = NODES.get((NODES.indexOf(primary) + 1 + random.nextInt(2)) % 3);
                opened = from + took - 80;
                rule = "C22 revoke-lease-expired";
                reason = node + " was not heard for 3,012 ms, longer than its lease of 3,000 ms; " + primary
                        + " holds everything acknowledged";
            }
            faults.add(new FaultSpan(
                    number,
                    kind,
                    nodes,
                    "kind " + kind + " on " + node + ": signal 9 to process " + (4_000 + random.nextInt(9_000))
                            + ", started again " + lasts + " ms later",
                    from,
                    from + lasts,
                    outage,
                    number % 61 == 0 ? Optional.empty() : Optional.of(400 + random.nextLong(6_000)),
                    number % 2 == 0
                            ? Optional.empty()
                            : outage.map(millis -> new RoutedOutage(millis, 15_000, Optional.empty()))));
        }
        tenures.add(new TenureSpan(
                tenures.size() + 1,
                primary,
                tenures.isEmpty() ? "bootstrap" : "failover",
                rule,
                reason,
                opened,
                Optional.empty()));
    }

    private ClientTrack track(String client, String workload, String through) {
        List<Slot> slots = new ArrayList<>();
        for (long at = 0; at < lastsMillis; at += SLOT_MILLIS) {
            slots.add(slot(at, workload.equals("reads")));
        }
        return new ClientTrack(client, workload, through, SLOT_MILLIS, slots);
    }

    private Slot slot(long at, boolean reads) {
        long out = outages.stream()
                .mapToLong(outage -> Math.min(at + SLOT_MILLIS, outage.toMillis()) - Math.max(at, outage.fromMillis()))
                .filter(overlap -> overlap > 0)
                .sum();
        int full = 25 + random.nextInt(40);
        if (out == 0 || (reads && random.nextInt(4) > 0)) {
            return new Slot(full, random.nextInt(120) == 0 ? 1 : 0, 0);
        }
        int part = (int) (full * (SLOT_MILLIS - out) / SLOT_MILLIS);
        return new Slot(
                part, random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 0, reads || random.nextInt(4) > 0 ? 0 : 1);
    }

    private List<LagPoint> lag() {
        List<LagPoint> points = new ArrayList<>();
        double[] bytes = {0, 0, 0};
        for (long at = 2_000; at < lastsMillis; at += 1_000) {
            for (int i = 0; i < NODES.size(); i++) {
                String node = NODES.get(i);
                long now = at;
                if (faults.stream().anyMatch(fault -> during(fault, node, now))) {
                    bytes[i] += 200_000 + random.nextInt(900_000);
                } else {
                    bytes[i] = bytes[i] > 4_000 ? bytes[i] / 4 : random.nextInt(3) == 0 ? random.nextInt(4_000) : 0;
                }
                if (tenures.stream().noneMatch(tenure -> primary(tenure, node, now))) {
                    points.add(new LagPoint(node, at, (long) bytes[i]));
                }
            }
        }
        return points;
    }

    private static boolean during(FaultSpan fault, String node, long at) {
        return fault.nodes().contains(node) && fault.fromMillis() <= at && at <= fault.toMillis();
    }

    private static boolean primary(TenureSpan tenure, String node, long at) {
        return tenure.node().equals(node)
                && tenure.fromMillis() <= at
                && at <= tenure.toMillis().orElse(Long.MAX_VALUE);
    }

    private AgentFigures agent(String node) {
        return new AgentFigures(
                node,
                "agent",
                random.nextInt(12),
                600_000 + random.nextInt(900_000),
                142_000_000 + random.nextInt(9_000_000),
                148_000_000 + random.nextInt(9_000_000),
                160_000_000,
                61 + random.nextInt(3),
                61 + random.nextInt(3),
                118 + random.nextInt(5),
                119 + random.nextInt(5));
    }
}
