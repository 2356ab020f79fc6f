package io.understudy.cli.demo;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.HistoryView.ReceiptView;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One round: trade, break, watch, mend, read back, judge. */
final class Round {

    private static final Duration STEADY = Duration.ofSeconds(2);
    private static final Duration STEADY_PATIENCE = Duration.ofSeconds(30);
    private static final Duration TAKEOVER = Duration.ofSeconds(60);
    private static final Duration HEALING = Duration.ofSeconds(90);
    private static final Duration RECEIPT = Duration.ofSeconds(20);
    private static final Duration READ_BACK = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final DemoCluster cluster;
    private final Fault fault;
    private final Narrator narrator;
    private final List<String> broken = new ArrayList<>();

    Round(DemoCluster cluster, Fault fault, Narrator narrator) {
        this.cluster = cluster;
        this.fault = fault;
        this.narrator = narrator;
    }

    RoundResult play() throws IOException, InterruptedException {
        OrderBook book = cluster.book();
        book.beginRound();
        cluster.shop().resume();
        long began = System.nanoTime();
        require(
                STEADY_PATIENCE,
                "no steady trade before the fault",
                () -> System.nanoTime() - began >= STEADY.toNanos()
                        && book.writersAnsweredSince(began) == Shop.WRITERS);
        TenureView before = tenure();
        LocalNode primary = cluster.node(new NodeId(before.holder()));
        Breaking.Broken breaking = breakNow(primary);
        narrator.say("FAULT: " + breaking.text());
        Optional<Duration> healing = mend(before, breaking);
        cluster.shop().pause();
        Optional<Duration> outage = Outage.longest(book.acknowledgementTimes(), breaking.atNanos(), System.nanoTime());
        List<Change> changes = changes(before.epoch());
        OrderBook.Verdict verdict = readBack();
        ClusterView view = view();
        broken.addAll(new Promise(cluster.mode(), view.settings().maxFailoverLagBytes()).broken(verdict, changes));
        RoundResult result = result(before, verdict, changes, outage, healing);
        tell(result, changes, verdict);
        return result;
    }

    private Breaking.Broken breakNow(LocalNode primary) throws IOException, InterruptedException {
        try {
            return cluster.breaking().cause(fault, primary);
        } catch (RequestRefusedException refused) {
            broken.add("the " + fault + " was refused: " + refused.getMessage());
            return new Breaking.Broken(System.nanoTime(), "nothing: it was refused", () -> {});
        }
    }

    /** How long it took until all was whole; empty when it never was. */
    private Optional<Duration> mend(TenureView before, Breaking.Broken breaking)
            throws IOException, InterruptedException {
        if (fault.needsTakeover() && broken.isEmpty()) {
            require(
                    TAKEOVER,
                    "nobody took over",
                    () -> cluster.watch()
                            .newest()
                            .flatMap(ClusterView::tenure)
                            .filter(tenure -> tenure.epoch() > before.epoch()
                                    && tenure.phase().equals("open"))
                            .isPresent());
            long openedBy = System.nanoTime();
            require(
                    TAKEOVER,
                    "writes did not come back",
                    () -> cluster.book().writersAnsweredSince(openedBy) == Shop.WRITERS);
        }
        breaking.repair().run();
        long repaired = System.nanoTime();
        boolean whole = Await.until(
                HEALING,
                () -> cluster.watch()
                                .newest(FRESH)
                                .filter(view -> Health.problems(view).isEmpty())
                                .isPresent()
                        && cluster.watch().allHeardSince(repaired)
                        && cluster.book().writersAnsweredSince(repaired) == Shop.WRITERS);
        if (!whole) {
            broken.add("not healthy " + HEALING.toSeconds() + " s after the repair: "
                    + cluster.watch()
                            .newest(FRESH)
                            .map(view -> String.join("; ", Health.problems(view))
                                    + (Health.problems(view).isEmpty()
                                            ? "writes do not come back, or a node has not reported since"
                                            : ""))
                            .orElse("no Raft leader answers"));
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(System.nanoTime() - breaking.atNanos()));
    }

    /** In async a failover may have lost something, and its measure comes once the old primary's data was kept. */
    private List<Change> changes(long after) throws InterruptedException {
        long deadline = System.nanoTime() + RECEIPT.toNanos();
        List<Change> changes = cluster.changesAfter(after);
        while (mayLackReceipt(changes) && deadline - System.nanoTime() > 0) {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            changes = cluster.changesAfter(after);
        }
        return changes;
    }

    private boolean mayLackReceipt(List<Change> changes) {
        return cluster.mode() == io.understudy.core.cluster.ReplicationMode.ASYNC
                && changes.stream()
                        .anyMatch(change -> change.cause().equals("failover")
                                && !change.from().equals(change.to())
                                && change.receipt().isEmpty());
    }

    private OrderBook.Verdict readBack() throws InterruptedException, IOException {
        long deadline = System.nanoTime() + READ_BACK.toNanos();
        while (true) {
            try {
                LocalNode primary = cluster.node(new NodeId(tenure().holder()));
                return cluster.book()
                        .compare(cluster.database().readBack(primary.addresses().database()));
            } catch (SQLException unreadable) {
                if (deadline - System.nanoTime() < 0) {
                    throw new IOException(
                            "The orders cannot be read back from the primary: " + unreadable.getMessage(), unreadable);
                }
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        }
    }

    private RoundResult result(
            TenureView before,
            OrderBook.Verdict verdict,
            List<Change> changes,
            Optional<Duration> outage,
            Optional<Duration> healing)
            throws IOException {
        Optional<Change> first = changes.stream().findFirst();
        Optional<ReceiptView> receipt =
                changes.stream().flatMap(change -> change.receipt().stream()).findFirst();
        return new RoundResult(
                cluster.mode().label(),
                fault.label(),
                verdict.acknowledged(),
                verdict.lost().size(),
                verdict.duplicated().size(),
                verdict.unknown(),
                receipt,
                outage.map(Duration::toMillis),
                before.holder(),
                tenure().holder(),
                tenure().epoch(),
                first.map(change -> change.rule() + ": " + change.reason()),
                healing.isPresent(),
                healing.map(Duration::toMillis),
                broken);
    }

    private void tell(RoundResult result, List<Change> changes, OrderBook.Verdict verdict) {
        for (Change change : changes) {
            narrator.say("epoch " + change.epoch() + ", " + change.cause() + ": "
                    + change.from().orElse("nobody") + " -> " + change.to().orElse("nobody")
                    + change.tookMillis()
                            .map(took -> ", decided and opened in " + took + " ms")
                            .orElse(""));
            narrator.plain("            why: " + change.rule() + ": " + change.reason());
            change.grantReason().ifPresent(why -> narrator.plain("            chosen: " + why));
            change.candidates()
                    .forEach(candidate -> narrator.plain("            vote: " + candidate.node()
                            + candidate
                                    .position()
                                    .map(position -> " at " + position)
                                    .orElse(" gave none") + ": "
                            + candidate.verdict()));
        }
        narrator.say(String.format(
                Locale.ROOT,
                "writes were out for %s; %d orders acknowledged, %d lost, %d there twice; %d unanswered (%d of them are there)",
                result.outageMillis().map(millis -> millis + " ms").orElse("the whole round"),
                result.acknowledged(),
                result.lost(),
                result.duplicated(),
                result.unknown(),
                verdict.unknownPresent()));
        result.receipt()
                .ifPresent(receipt -> narrator.say("receipt: " + receipt.transactions() + " transactions, "
                        + receipt.bytes() + " bytes, " + receipt.from() + " to " + receipt.to()));
        narrator.say(
                result.isKept()
                        ? "the promise of " + result.mode() + " was kept; all nodes healthy after "
                                + result.healMillis().orElse(0L) + " ms"
                        : "NOT KEPT: " + String.join("; ", result.broken()));
    }

    private ClusterView view() throws IOException {
        return cluster.watch().newest().orElseThrow(() -> new IOException("No agent ever answered as Raft leader"));
    }

    private TenureView tenure() throws IOException {
        return view().tenure().orElseThrow(() -> new IOException("The cluster has no primary yet"));
    }

    private void require(Duration patience, String otherwise, BooleanSupplier condition) throws InterruptedException {
        if (!Await.until(patience, condition)) {
            broken.add(otherwise + " within " + patience.toSeconds() + " s");
        }
    }
}
