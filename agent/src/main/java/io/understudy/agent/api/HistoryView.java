package io.understudy.agent.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code GET /v1/history}: every change of primary that is remembered, oldest first. */
public record HistoryView(int version, String cluster, List<Change> changes) {

    public HistoryView {
        changes = List.copyOf(changes);
    }

    /**
     * One change of primary. Times are the Raft leader's wall clock.
     *
     * @param epoch the new tenure's
     * @param cause {@code bootstrap}, {@code failover} or {@code switchover}
     * @param from the former primary, empty for the first
     * @param to the new one, empty until chosen
     * @param rule the rule that ended the old tenure, and {@code reason} its reason
     * @param grantReason why {@code to} was chosen
     * @param beganAt when the old tenure ended
     * @param openedAt when clients were served again, empty until then
     * @param tookMillis from {@code beganAt} to {@code openedAt}; clients noticed the failure earlier than that
     * @param candidates everybody who was looked at
     * @param boundary where the new epoch's log begins
     * @param receipt what was lost; empty until measured, and where nothing can have been
     * @param noReceipt why there is none after a failover; empty when there is one, and where none is to be expected
     */
    public record Change(
            long epoch,
            String cause,
            Optional<String> from,
            Optional<String> to,
            String rule,
            String reason,
            Optional<String> grantReason,
            Instant beganAt,
            Optional<Instant> grantedAt,
            Optional<Instant> openedAt,
            Optional<Long> tookMillis,
            List<Candidate> candidates,
            Optional<BoundaryView> boundary,
            Optional<ReceiptView> receipt,
            Optional<String> noReceipt) {

        public Change {
            candidates = List.copyOf(candidates);
        }
    }

    /** @param verdict in words; the votes ranked first won */
    public record Candidate(String node, Optional<Long> lastEpoch, Optional<String> position, String verdict) {}

    public record BoundaryView(String position, long nextTransactionId, List<Long> inProgress) {}

    /** @param transactions committed on the former primary and not in the cluster */
    public record ReceiptView(long epoch, long transactions, long bytes, String from, String to) {}
}
