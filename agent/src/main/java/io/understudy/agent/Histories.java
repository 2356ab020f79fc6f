package io.understudy.agent;

import io.understudy.agent.api.Api;
import io.understudy.agent.api.HistoryView;
import io.understudy.agent.api.HistoryView.BoundaryView;
import io.understudy.agent.api.HistoryView.Candidate;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.HistoryView.ReceiptView;
import io.understudy.coordination.Outlook;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Receipt;
import java.time.Duration;
import java.util.Locale;

/** The ledger's history as the API shows it. */
final class Histories {

    private Histories() {}

    /** As the Raft leader knows it. */
    static HistoryView of(Outlook outlook) {
        return of(outlook.state(), MissingReceipts.in(outlook));
    }

    /** By the ledger alone. */
    static HistoryView of(ClusterState state) {
        return of(state, MissingReceipts.in(state));
    }

    private static HistoryView of(ClusterState state, MissingReceipts missing) {
        return new HistoryView(
                Api.VERSION,
                state.name(),
                state.history().stream().map(from -> change(from, missing)).toList());
    }

    private static Change change(PrimaryChange from, MissingReceipts missing) {
        return new Change(
                from.epoch().number(),
                from.cause().name().toLowerCase(Locale.ROOT),
                from.from().map(NodeId::name),
                from.to().map(NodeId::name),
                from.rule(),
                from.reason(),
                from.grantReason(),
                from.beganAt(),
                from.grantedAt(),
                from.openedAt(),
                from.openedAt()
                        .map(opened -> Duration.between(from.beganAt(), opened).toMillis()),
                from.candidates().stream()
                        .map(looked -> new Candidate(
                                looked.node().name(),
                                looked.lastEpoch().map(Epoch::number),
                                looked.position().map(Position::toString),
                                looked.verdict()))
                        .toList(),
                from.boundary()
                        .map(at -> new BoundaryView(at.position().toString(), at.nextTransactionId(), at.inProgress())),
                from.receipt().map(Histories::receipt),
                missing.why(from));
    }

    static ReceiptView receipt(Receipt from) {
        return new ReceiptView(
                from.epoch().number(),
                from.transactions(),
                from.bytes(),
                from.from().toString(),
                from.to().toString());
    }
}
