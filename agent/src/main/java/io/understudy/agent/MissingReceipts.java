package io.understudy.agent;

import io.understudy.agent.api.ClusterView.MissingReceipt;
import io.understudy.coordination.Outlook;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.coordinator.Report;
import io.understudy.core.coordinator.Sightings.Sighting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Failovers of which nobody has measured yet what they lost, and why. A former primary that joined again with nothing that
 * the cluster lacks never reports a receipt; one whose kept copy could not be measured yet looks the same from here.
 */
final class MissingReceipts {

    /** A node whose last report is older does not count as heard; four reports are due within it. */
    private static final Duration HEARD = Duration.ofSeconds(2);

    private final ClusterState state;

    /** The last reports of the nodes that are heard; empty when this is not known at all. */
    private final Optional<Map<NodeId, Report>> heard;

    private MissingReceipts(ClusterState state, Optional<Map<NodeId, Report>> heard) {
        this.state = state;
        this.heard = heard;
    }

    /** As the Raft leader knows it. */
    static MissingReceipts in(Outlook outlook) {
        return new MissingReceipts(
                outlook.state(),
                Optional.of(outlook.seen().reports().values().stream()
                        .filter(sighting -> outlook.now().since(sighting.at()).compareTo(HEARD) <= 0)
                        .map(Sighting::report)
                        .collect(Collectors.toMap(Report::node, Function.identity()))));
    }

    /** By the ledger alone. */
    static MissingReceipts in(ClusterState state) {
        return new MissingReceipts(state, Optional.empty());
    }

    /** Those that are still to come, oldest first: of each node its last one, until it has joined again. */
    List<MissingReceipt> awaited() {
        return state.history().stream()
                .filter(change -> lacks(change) && isLastOfItsNode(change) && !hasJoinedAgain(change))
                .map(change -> new MissingReceipt(
                        change.epoch().number(), change.from().orElseThrow().name(), words(change)))
                .toList();
    }

    /** Why there is none for {@code change}; empty when there is, or none is to be expected. */
    Optional<String> why(PrimaryChange change) {
        return lacks(change) ? Optional.of(words(change)) : Optional.empty();
    }

    private static boolean lacks(PrimaryChange change) {
        return change.cause() == Cause.FAILOVER
                && change.receipt().isEmpty()
                && change.from().isPresent()
                && change.to().isPresent()
                && !change.from().equals(change.to());
    }

    private boolean isLastOfItsNode(PrimaryChange change) {
        return state.history().stream()
                .filter(later -> later.epoch().compareTo(change.epoch()) > 0)
                .noneMatch(later ->
                        later.from().equals(change.from()) || later.to().equals(change.from()));
    }

    private boolean hasJoinedAgain(PrimaryChange change) {
        return report(change).filter(report -> holds(report, change.epoch())).isPresent();
    }

    private Optional<Report> report(PrimaryChange change) {
        return heard.flatMap(reports -> change.from().map(reports::get));
    }

    private static boolean holds(Report report, Epoch epoch) {
        return report.seen().lineage().stream().anyMatch(start -> start.epoch().compareTo(epoch) >= 0);
    }

    private String words(PrimaryChange change) {
        String former = change.from().orElseThrow().name();
        if (!isLastOfItsNode(change)) {
            return "none was reported by " + former;
        }
        String once = "what it had written and " + change.to().orElseThrow() + " had not received is known once ";
        if (heard.isEmpty()) {
            return "none yet: " + once + former + " has joined again";
        }
        if (report(change).isEmpty()) {
            return "none yet: " + former + " is not heard; " + once + "it is back";
        }
        return hasJoinedAgain(change)
                ? "none was reported by " + former
                        + ", which has joined again: it held nothing more, or 'quarantine list' shows a copy that is not"
                        + " measured yet"
                : "none yet: " + former + " is back and has not joined again; " + once
                        + "its data is kept and measured";
    }
}
