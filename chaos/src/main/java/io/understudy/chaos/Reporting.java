package io.understudy.chaos;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.chaos.judge.Judge;
import io.understudy.chaos.judge.Judge.Chosen;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.report.ChaosReport;
import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import io.understudy.chaos.report.ChaosReport.Slot;
import io.understudy.chaos.report.ChaosReport.TenureSpan;
import io.understudy.chaos.report.ChaosReport.Totals;
import io.understudy.chaos.workload.Book;
import io.understudy.chaos.workload.Outcome;
import io.understudy.chaos.workload.Track;
import io.understudy.chaos.workload.Workload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts together what a run found. */
final class Reporting {

    private final Options options;
    private final Lab lab;
    private final Workload workload;
    private final Chronicle chronicle;

    Reporting(Options options, Lab lab, Workload workload, Chronicle chronicle) {
        this.options = options;
        this.lab = lab;
        this.workload = workload;
        this.chronicle = chronicle;
    }

    ChaosReport report(Instant beganAt, Campaign campaign, Judge judge, AgentUse use) {
        List<TenureSpan> tenures = tenures();
        long[] times = Arrays.stream(workload.book().acknowledgementTimes())
                .map(chronicle::millis)
                .toArray();
        List<OutageSpan> outages = Outages.of(times, campaign.pauses());
        return new ChaosReport(
                options.commit(),
                options.command(),
                options.seed(),
                options.mode().label(),
                lab.nodes().stream().map(node -> node.id().name()).toList(),
                beganAt,
                chronicle.millis(System.nanoTime()),
                totals(campaign, judge, tenures, outages),
                campaign.notes().spans(),
                campaign.notes().uncaused(),
                tenures,
                outages,
                chronicle.lag(),
                clients(),
                use.figures(),
                campaign.findings());
    }

    private Totals totals(Campaign campaign, Judge judge, List<TenureSpan> tenures, List<OutageSpan> spans) {
        Book book = workload.book();
        List<Long> outages = spans.stream()
                .map(span -> span.toMillis() - span.fromMillis())
                .sorted()
                .toList();
        return new Totals(
                campaign.notes().spans().size(),
                causes(tenures, "failover"),
                causes(tenures, "switchover"),
                book.count(Outcome.ACKNOWLEDGED),
                book.count(Outcome.REFUSED),
                book.count(Outcome.UNKNOWN),
                judge.lost(),
                Math.min(judge.lost(), judge.toldLost()),
                judge.doubled(),
                judge.misreported(),
                workload.shown().reads(),
                outages.isEmpty() ? Optional.empty() : Optional.of(outages.get(outages.size() / 2)),
                outages.isEmpty() ? Optional.empty() : Optional.of(outages.getLast()));
    }

    private static int causes(List<TenureSpan> tenures, String cause) {
        return (int)
                tenures.stream().filter(tenure -> tenure.cause().equals(cause)).count();
    }

    private List<TenureSpan> tenures() {
        Map<Long, Change> told = chronicle.changes();
        List<Chosen> chosen = chronicle.chosen();
        List<TenureSpan> tenures = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            Chosen one = chosen.get(i);
            Optional<Change> change = Optional.ofNullable(told.get(one.epoch()));
            Optional<Long> ended = i + 1 < chosen.size()
                    ? Optional.of(chronicle.millis(chosen.get(i + 1).seenNanos()))
                    : Optional.empty();
            tenures.add(new TenureSpan(
                    one.epoch(),
                    one.node(),
                    change.map(Change::cause).orElse("unknown"),
                    change.map(Change::rule).orElse(""),
                    change.map(Change::reason).orElse(""),
                    chronicle.openedMillis(one.epoch()).orElse(chronicle.millis(one.seenNanos())),
                    ended));
        }
        return tenures;
    }

    private List<ClientTrack> clients() {
        return workload.clients().stream()
                .map(client -> new ClientTrack(
                        client.name(),
                        client.workload(),
                        client.through(),
                        Track.SLOT.toMillis(),
                        slots(client.track())))
                .toList();
    }

    private static List<Slot> slots(Track track) {
        List<Integer> acknowledged = track.counts(Outcome.ACKNOWLEDGED);
        List<Integer> refused = track.counts(Outcome.REFUSED);
        List<Integer> unknown = track.counts(Outcome.UNKNOWN);
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < Math.min(acknowledged.size(), Math.min(refused.size(), unknown.size())); i++) {
            slots.add(new Slot(acknowledged.get(i), refused.get(i), unknown.get(i)));
        }
        return slots;
    }
}
