package io.understudy.cli.demo;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.HistoryView.ReceiptView;
import io.understudy.core.cluster.ReplicationMode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a mode promises, as arithmetic over what was read back.
 *
 * @param mode whose promise it is
 * @param maxLossBytes in {@code async}: the longest tail that a failover may lose
 */
record Promise(ReplicationMode mode, long maxLossBytes) {

    /**
     * Transactions on a lost tail that are no order of the shop: what supervision itself committed there between two
     * observations.
     */
    static final long SUPERVISION_TRANSACTIONS = 2;

    private static final int LONGEST_LIST = 10;

    /**
     * Judges.
     *
     * @param changes the changes of primary of the round, oldest first
     * @return what was not kept, in words; empty when everything was
     */
    List<String> broken(OrderBook.Verdict verdict, List<Change> changes) {
        List<String> broken = new ArrayList<>();
        if (!verdict.duplicated().isEmpty()) {
            broken.add("orders are there more than once: " + some(verdict.duplicated()));
        }
        if (!verdict.neverSent().isEmpty()) {
            broken.add("orders are there that were never sent: " + some(verdict.neverSent()));
        }
        switch (mode) {
            case SEMI_SYNC, SYNC -> {
                if (!verdict.lost().isEmpty()) {
                    broken.add(verdict.lost().size() + " acknowledged orders are lost, and " + mode + " loses none: "
                            + some(verdict.lost()));
                }
            }
            case ASYNC -> compareWithReceipts(verdict, changes, broken);
        }
        return broken;
    }

    private void compareWithReceipts(OrderBook.Verdict verdict, List<Change> changes, List<String> broken) {
        List<ReceiptView> receipts =
                changes.stream().flatMap(change -> change.receipt().stream()).toList();
        long measured = receipts.stream().mapToLong(ReceiptView::transactions).sum();
        long lost = verdict.lost().size();
        long most = lost + verdict.unknownAbsent() + SUPERVISION_TRANSACTIONS;
        if (measured < lost || measured > most) {
            broken.add(lost + " acknowledged orders are lost (and " + verdict.unknownAbsent()
                    + " unanswered ones are not there); the receipt says " + measured + " transactions, expected "
                    + lost
                    + " to " + most + (lost > 0 ? ": " + some(verdict.lost()) : ""));
        }
        for (ReceiptView receipt : receipts) {
            if (receipt.bytes() > maxLossBytes) {
                broken.add("the receipt of epoch " + receipt.epoch() + " says " + receipt.bytes()
                        + " bytes were lost, and max-failover-lag is " + maxLossBytes);
            }
        }
    }

    private static String some(List<Integer> ids) {
        return ids.size() <= LONGEST_LIST ? ids.toString() : ids.subList(0, LONGEST_LIST) + " and more";
    }
}
