package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.AgentFigures;
import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import io.understudy.chaos.report.ChaosReport.Slot;
import io.understudy.chaos.report.ChaosReport.TenureSpan;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the timeline shows, in words and numbers: changes of primary, outages, clients; and what the agents used. */
final class RunTables {

    private RunTables() {}

    static void changes(Markup out, List<TenureSpan> tenures) {
        try (Table table = new Table(
                out,
                "Changes of primary",
                "There was no primary.",
                "#Epoch",
                "#Opened at",
                "Primary",
                "By",
                "#Lasted",
                "Rule",
                "Reason")) {
            String before = "";
            for (TenureSpan tenure : tenures) {
                table.row()
                        .number(Long.toString(tenure.epoch()))
                        .number(Amounts.at(tenure.fromMillis()))
                        .cell(before.isEmpty() ? tenure.node() : before + " → " + tenure.node())
                        .cell(tenure.cause())
                        .number(tenure.toMillis()
                                .map(to -> Amounts.length(Math.max(0, to - tenure.fromMillis())))
                                .orElse("to the end"))
                        .cell(tenure.rule())
                        .cell(tenure.reason());
                before = tenure.node();
            }
        }
    }

    static void outages(Markup out, List<OutageSpan> outages, List<FaultSpan> faults) {
        long together = outages.stream()
                .mapToLong(outage -> outage.toMillis() - outage.fromMillis())
                .sum();
        String heading =
                outages.isEmpty() ? "Outages" : "Outages: " + outages.size() + ", together " + Amounts.length(together);
        try (Table table =
                new Table(out, heading, "There was no outage.", "#From", "#To", "#Lasted", "Faults not repaired yet")) {
            for (OutageSpan outage : outages) {
                table.row()
                        .number(Amounts.at(outage.fromMillis()))
                        .number(Amounts.at(outage.toMillis()))
                        .number(Amounts.length(outage.toMillis() - outage.fromMillis()))
                        .cell(faults.stream()
                                .filter(fault -> fault.fromMillis() <= outage.toMillis()
                                        && fault.toMillis() >= outage.fromMillis())
                                .map(fault -> fault.number() + " " + fault.fault())
                                .collect(Collectors.joining(", ")));
            }
        }
    }

    static void clients(Markup out, List<ClientTrack> clients) {
        try (Table table = new Table(
                out,
                "Clients",
                "No client ran.",
                "Client",
                "Workload",
                "Through",
                "#Acknowledged",
                "#Refused",
                "#Unknown",
                "#Without any answer")) {
            for (ClientTrack track : clients) {
                long silent = track.slots().stream()
                        .filter(slot -> slot.acknowledged() + slot.refused() + slot.unknown() == 0)
                        .count();
                table.row()
                        .cell(track.client())
                        .cell(track.workload())
                        .cell(track.through())
                        .number(Amounts.count(track.slots().stream()
                                .mapToLong(Slot::acknowledged)
                                .sum()))
                        .number(Amounts.count(
                                track.slots().stream().mapToLong(Slot::refused).sum()))
                        .number(Amounts.count(
                                track.slots().stream().mapToLong(Slot::unknown).sum()))
                        .number(Amounts.length(silent * track.slotMillis()) + " of "
                                + Amounts.length(track.slots().size() * track.slotMillis()));
            }
        }
    }

    static void agents(Markup out, List<AgentFigures> agents) {
        try (Table table = new Table(
                out,
                "Agents and guards: the process that was looked at for longest, first look → last",
                "No agent was measured.",
                "Node",
                "Program",
                "#Restarts",
                "#Looked at for",
                "#Resident memory",
                "#Change",
                "#Threads",
                "#Change",
                "#File descriptors",
                "#Change")) {
            for (AgentFigures agent : agents) {
                table.row()
                        .cell(agent.node())
                        .cell(agent.program())
                        .number(Amounts.count(agent.restarts()))
                        .number(Amounts.length(agent.millis()))
                        .number(Amounts.bytes(agent.residentBytesFirst()) + " → "
                                + Amounts.bytes(agent.residentBytesLast()))
                        .number(change(agent.residentBytesFirst(), agent.residentBytesLast()))
                        .number(agent.threadsFirst() + " → " + agent.threadsLast())
                        .number(change(agent.threadsFirst(), agent.threadsLast()))
                        .number(agent.descriptorsFirst() + " → " + agent.descriptorsLast())
                        .number(change(agent.descriptorsFirst(), agent.descriptorsLast()));
            }
        }
    }

    private static String change(long first, long last) {
        return first <= 0 ? "–" : String.format(Locale.ROOT, "%+.0f %%", 100.0 * (last - first) / first);
    }
}
