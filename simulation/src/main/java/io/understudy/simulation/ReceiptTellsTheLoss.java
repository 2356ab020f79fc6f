package io.understudy.simulation;

import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineStart;
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
        if (successor.isEmpty() || receipt.isEmpty() || !isNewest) {
            return;
        }
        Set<Long> kept = successor.get().log().stream().map(LogRecord::id).collect(Collectors.toSet());
        long lost = log.stream()
                .filter(record -> record.kind() == LogRecord.Kind.COMMIT && !kept.contains(record.id()))
                .count();
        if (receipt.get().transactions() != lost) {
            world.checks()
                    .violated(
                            promise(),
                            "n" + (node + 1) + " measured "
                                    + receipt.get().transactions() + " lost transactions of epoch "
                                    + receipt.get().epoch() + ", and " + lost
                                    + " commits of its log are not in the log that goes on");
        }
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
