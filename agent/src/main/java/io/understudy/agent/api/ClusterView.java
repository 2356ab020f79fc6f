package io.understudy.agent.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * {@code GET /v1/cluster}: all that {@code status} shows.
 *
 * @param version {@link Api#VERSION}
 * @param cluster its name
 * @param answeredBy the node whose view this is: the Raft leader, or, without one, the node that was asked
 * @param source whose knowledge it is
 * @param sourceProblem why the Raft leader's view is missing; empty when it is not
 * @param raftLeader the node that leads the Raft group, empty when none is known
 * @param ledgerVersion rises by one with every accepted change of the ledger
 * @param at wall clock of {@code answeredBy}
 * @param epoch of the current or last tenure, 0 before the first
 * @param tenure the current or last one, empty before the first primary
 * @param inSync empty before the first primary
 * @param switchover asked for and not finished
 * @param decision what the Raft leader last decided and why; empty in a local view
 * @param guarantee in words and in order; see {@link Guarantee}
 * @param missingReceipts failovers of which it is still to be measured what they lost, oldest first
 * @param notices the last things worth knowing that changed no primary, newest last
 */
public record ClusterView(
        int version,
        String cluster,
        String answeredBy,
        Source source,
        Optional<String> sourceProblem,
        Optional<String> raftLeader,
        long raftTerm,
        long ledgerVersion,
        Instant at,
        SettingsView settings,
        long epoch,
        Optional<TenureView> tenure,
        Optional<InSyncView> inSync,
        Optional<SwitchoverView> switchover,
        Optional<DecisionView> decision,
        List<NodeView> nodes,
        List<Guarantee> guarantee,
        List<MissingReceipt> missingReceipts,
        List<NoticeView> notices) {

    public ClusterView {
        nodes = List.copyOf(nodes);
        guarantee = List.copyOf(guarantee);
        missingReceipts = List.copyOf(missingReceipts);
        notices = List.copyOf(notices);
    }

    /** Whose knowledge a view is. */
    public enum Source {
        /** The Raft leader's: the ledger as a majority confirms it, and every agent's last report. */
        LEADER,
        /** One node's own copy of the ledger, which may be old, and what it sees of its own database. */
        LOCAL
    }

    /** @param mode {@code async}, {@code semi-sync} or {@code sync} */
    public record SettingsView(
            String mode,
            int confirmations,
            int minInSync,
            String onShortage,
            long leaseMillis,
            long maxFailoverLagBytes) {}

    /**
     * @param phase {@code granted} (not open to clients yet), {@code open} or {@code revoked}
     * @param boundary where its log begins, as PostgreSQL writes a position
     * @param leaseMillis what is left of the holder's lease as the Raft leader counts it, 0 when it is over; empty in a
     *     local view
     */
    public record TenureView(
            long epoch, String holder, int timeline, String phase, String boundary, Optional<Long> leaseMillis) {}

    /**
     * @param target the configuration that is, or is to be, in force
     * @param possible all that may be in force; more than one while a change is under way
     * @param changing whether a change is under way
     * @param change its number
     */
    public record InSyncView(InSyncSet target, List<InSyncSet> possible, boolean changing, long change) {}

    /**
     * Whose confirmation a commit waits for: {@code confirmations} of {@code members}.
     *
     * @param text the same in words
     */
    public record InSyncSet(String mode, int confirmations, List<String> members, String text) {}

    /**
     * @param wanted whom the operator named, empty for any
     * @param target who was chosen, empty until then
     */
    public record SwitchoverView(Instant requestedAt, Optional<String> wanted, Optional<String> target) {}

    /** @param rule id and name of the rule that decided */
    public record DecisionView(String rule, String reason) {}

    /**
     * One promise or its absence, in words.
     *
     * @param key {@code commits} (when one is acknowledged, or why they wait), {@code loss} (what could be lost), {@code
     *     promotable} (who may be promoted now), {@code unknown} (in a local view), or another; shown in this order
     */
    public record Guarantee(String key, String text) {}

    /**
     * A failover without a receipt.
     *
     * @param epoch the new tenure's, as in {@link HistoryView.Change}
     * @param node the former primary, whose data tells what was lost
     * @param text why there is none yet
     */
    public record MissingReceipt(long epoch, String node, String text) {}

    public record NoticeView(Instant at, String rule, String text) {}
}
