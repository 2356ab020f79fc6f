package io.understudy.simulation;

import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a receipt says to be lost is what a client finds to be lost: as many commits as the log that is set aside has and the log that
 * the ledger's last primary goes on from does not.
 */
final class ReceiptTellsTheLoss implements Checker {

    private final World world;

    private final List<Receipt> measured = new ArrayList<>();

    ReceiptTellsTheLoss(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "the receipt tells the loss";
    }

    @Override
    public void quarantined(int node, List<LogRecord> log, List<TimelineStart> lineage, Optional<Receipt> receipt) {
        Optional<Disk> successor = successor();
        // What a later failover loses on top is told by a later receipt.
        boolean isNewest = lineage.equals(world.ledger().lineage());
        receipt.filter(told -> told.bytes() > 0).ifPresent(measured::add);
        // What a server wrote out of turn was acknowledged to nobody.
        if (successor.isEmpty() || !isNewest || world.database(node).disk.strayed) {
            return;
        }
        Set<Long> kept = successor.get().log().stream().map(LogRecord::id).collect(Collectors.toSet());
        long lost = log.stream()
                .filter(record -> record.kind() == LogRecord.Kind.COMMIT && !kept.contains(record.id()))
                .count();
        if (receipt.map(Receipt::transactions).orElse(0L) != lost) {
            world.checks()
                    .violated(
                            promise(),
                            "n" + (node + 1) + " measured "
                                    + receipt.map(told ->
                                                    told.transactions() + " lost transactions of epoch " + told.epoch())
                                            .orElse("no loss")
                                    + ", and " + lost + " commits of its log are not in the log that goes on");
        }
    }

    /** In a cluster that is well the ledger has been told, of each epoch by whoever lost most. */
    @Override
    public void end() {
        if (!world.checks().isHealed() || world.faults().lostReplica() >= 0) {
            return;
        }
        for (Receipt one : measured) {
            Optional<PrimaryChange> change = world.ledger().change(one.epoch().next());
            long told =
                    change.flatMap(PrimaryChange::receipt).map(Receipt::bytes).orElse(0L);
            if (change.isPresent() && isOfAFailover(one) && told < one.bytes()) {
                world.checks()
                        .violated(promise(), one + " was measured, and the ledger has a receipt of " + told + " bytes");
            }
        }
    }

    /** Not of what somebody's server wrote out of turn. */
    private boolean isOfAFailover(Receipt receipt) {
        return world.ledger().lineage().stream()
                .anyMatch(entry ->
                        receipt.epoch().isBefore(entry.epoch()) && entry.start().equals(receipt.from()));
    }

    /** The data of the running tenure's holder, while it is what was granted. */
    private Optional<Disk> successor() {
        return world.ledger()
                .running()
                .filter(held ->
                        !world.destroyed().contains(held.holder().incarnation().nonce()))
                .flatMap(held -> {
                    Disk disk = world.database(world.indexOf(held.holder().node())).disk;
                    return disk.incarnation.equals(Optional.of(held.holder().incarnation()))
                            ? Optional.of(disk)
                            : Optional.empty();
                });
    }
}
