package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import io.understudy.chaos.report.ChaosReport.UncausedFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The faults, one by one and by kind. */
final class FaultTables {

    private FaultTables() {}

    static void each(Markup out, List<FaultSpan> faults) {
        long longest = faults.stream()
                .flatMap(fault -> fault.outageMillis().stream())
                .max(Long::compare)
                .orElse(0L);
        try (Table table = new Table(
                out,
                "Faults",
                "No fault was caused.",
                "#No.",
                "#At",
                "Fault",
                "Nodes",
                "What was done",
                "#Repaired after",
                "#Outage",
                "#Healthy after repair",
                "#Through routers")) {
            for (FaultSpan fault : faults) {
                table.row("id", "fault-" + fault.number())
                        .link(Integer.toString(fault.number()), "bar-" + fault.number())
                        .number(Amounts.at(fault.fromMillis()))
                        .cell(fault.fault())
                        .cell(fault.nodes().isEmpty() ? "all" : String.join(", ", fault.nodes()))
                        .cell(fault.text())
                        .number(Amounts.length(Math.max(0, fault.toMillis() - fault.fromMillis())));
                fault.outageMillis()
                        .ifPresentOrElse(
                                millis -> table.bar(Amounts.length(millis), (double) millis / Math.max(1, longest)),
                                () -> table.bad("no write afterwards"));
                fault.healedMillis()
                        .ifPresentOrElse(
                                millis -> table.number(Amounts.length(millis)), () -> table.bad("not in time"));
                fault.routed().ifPresentOrElse(outage -> routed(table, outage), () -> table.number("–"));
            }
        }
    }

    private static void routed(Table table, RoutedOutage outage) {
        String text = Amounts.length(outage.longestMillis()) + " of at most " + Amounts.length(outage.boundMillis());
        if (outage.tooLong()) {
            table.bad(text);
        } else {
            table.number(
                    text + outage.notJudged().map(why -> ", not judged: " + why).orElse(""));
        }
    }

    static void uncaused(Markup out, List<UncausedFault> faults) {
        try (Table table =
                new Table(out, "Faults that could not be caused", "There was no such fault.", "#At", "Fault", "Why")) {
            for (UncausedFault fault : faults) {
                table.row()
                        .number(Amounts.at(fault.atMillis()))
                        .cell(fault.fault())
                        .cell(fault.why());
            }
        }
    }

    /** For long runs: which faults cost most. */
    static void byKind(Markup out, List<FaultSpan> faults) {
        Map<String, List<FaultSpan>> kinds = new TreeMap<>();
        faults.forEach(fault ->
                kinds.computeIfAbsent(fault.fault(), kind -> new ArrayList<>()).add(fault));
        try (Table table = new Table(
                out,
                "Faults by kind",
                "No fault was caused.",
                "Fault",
                "#Times",
                "#Median outage",
                "#Longest outage",
                "#Median until healthy",
                "#Longest until healthy")) {
            kinds.forEach((kind, all) -> {
                List<Long> outages = all.stream()
                        .flatMap(fault -> fault.outageMillis().stream())
                        .sorted()
                        .toList();
                List<Long> healed = all.stream()
                        .flatMap(fault -> fault.healedMillis().stream())
                        .sorted()
                        .toList();
                table.row().cell(kind).number(Amounts.count(all.size()));
                middleAndMost(table, outages, all.size(), "no write afterwards");
                middleAndMost(table, healed, all.size(), "not in time");
            });
        }
    }

    private static void middleAndMost(Table table, List<Long> known, int all, String missing) {
        table.number(
                Amounts.length(known.isEmpty() ? Optional.empty() : Optional.of(known.get((known.size() - 1) / 2))));
        if (known.size() < all) {
            table.bad(missing + ", " + Amounts.count(all - known.size(), "time"));
        } else {
            table.number(Amounts.length(known.getLast()));
        }
    }
}
