package io.understudy.core.cluster;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One change of primary, from the end of the old tenure to the opening of the new one. Times are the Raft leader's wall
 * clock and for people only.
 *
 * @param epoch the new tenure's
 * @param from the former primary, empty for the first
 * @param to the new primary, empty until granted; the same as {@code from} for a restart in place
 * @param rule the id of the rule that ended the old tenure
 * @param reason that rule's reason
 * @param grantReason why {@code to} was chosen, empty until granted
 * @param candidates everybody who was looked at, with the verdict
 * @param receipt in {@code async}: what was lost; empty until measured
 */
public record PrimaryChange(
        Epoch epoch,
        Cause cause,
        Optional<NodeId> from,
        Optional<NodeId> to,
        String rule,
        String reason,
        Optional<String> grantReason,
        Instant beganAt,
        Optional<Instant> grantedAt,
        Optional<Instant> openedAt,
        List<Candidate> candidates,
        Optional<Boundary> boundary,
        Optional<Receipt> receipt) {

    public PrimaryChange {
        candidates = List.copyOf(candidates);
    }

    /**
     * A node that was looked at.
     *
     * @param lastEpoch of its vote, empty when it did not vote
     * @param position of its vote, empty when it did not vote
     * @param verdict in words
     */
    public record Candidate(NodeId node, Optional<Epoch> lastEpoch, Optional<Position> position, String verdict) {}

    /** It began now; nobody is chosen yet. */
    public static PrimaryChange began(
            Epoch epoch, Cause cause, Optional<NodeId> from, String rule, String reason, Instant at) {
        return new PrimaryChange(
                epoch,
                cause,
                from,
                Optional.empty(),
                rule,
                reason,
                Optional.empty(),
                at,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty());
    }

    public PrimaryChange granted(NodeId node, Boundary at, String why, Instant when, List<Candidate> looked) {
        return new PrimaryChange(
                epoch,
                cause,
                from,
                Optional.of(node),
                rule,
                reason,
                Optional.of(why),
                beganAt,
                Optional.of(when),
                openedAt,
                looked,
                Optional.of(at),
                receipt);
    }

    public PrimaryChange opened(Instant when) {
        return new PrimaryChange(
                epoch,
                cause,
                from,
                to,
                rule,
                reason,
                grantReason,
                beganAt,
                grantedAt,
                Optional.of(when),
                candidates,
                boundary,
                receipt);
    }

    public PrimaryChange withReceipt(Receipt measured) {
        return new PrimaryChange(
                epoch,
                cause,
                from,
                to,
                rule,
                reason,
                grantReason,
                beganAt,
                grantedAt,
                openedAt,
                candidates,
                boundary,
                Optional.of(measured));
    }
}
