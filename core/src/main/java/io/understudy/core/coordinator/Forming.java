package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import io.understudy.core.reconciler.LocalObservation.Data;
import java.util.List;
import java.util.Optional;

/** Rules by which a cluster comes to know its nodes and gets its first database. */
final class Forming {

    private Forming() {}

    static Optional<Verdict> register(Situation now) {
        for (NodeId node : now.state().nodes()) {
            Optional<MemberRecord> reported = now.freshReport(node)
                    .map(report -> new MemberRecord(
                            node, report.incarnation(), report.storage(), report.database(), report.api()));
            if (reported.isPresent()
                    && !reported.equals(
                            Optional.ofNullable(now.state().members().get(node)))) {
                return Verdict.of(node + " reported its data and addresses", new Command.Register(reported.get()));
            }
        }
        return Optional.empty();
    }

    static Optional<Verdict> chooseInitialiser(Situation now) {
        ClusterState state = now.state();
        if (state.tenure().isPresent() || state.initialiser().isPresent()) {
            return Optional.empty();
        }
        List<NodeId> empty = state.nodes().stream()
                .filter(node -> now.freshReport(node)
                        .filter(report -> report.seen().data() instanceof Data.Empty)
                        .isPresent())
                .toList();
        return empty.size() < state.nodes().size()
                ? Optional.empty()
                : Verdict.of(
                        "all " + empty.size() + " nodes are empty; " + empty.getFirst() + " is first by name",
                        new Command.ChooseInitialiser(empty.getFirst()));
    }

    static Optional<Verdict> waiting(Situation now) {
        ClusterState state = now.state();
        if (state.tenure().isPresent()) {
            return Optional.empty();
        }
        if (state.initialiser().isPresent()) {
            return Verdict.of(state.initialiser().get() + " makes the first database");
        }
        List<String> missing = state.nodes().stream()
                .filter(node -> now.freshReport(node)
                        .filter(report -> report.seen().data() instanceof Data.Empty)
                        .isEmpty())
                .map(node -> node
                        + now.freshReport(node)
                                .map(report -> " (" + describe(report.seen().data()) + ")")
                                .orElse(" (not heard)"))
                .toList();
        return Verdict.of("the first database is made when every node is heard and empty; waiting for " + missing);
    }

    private static String describe(Data data) {
        return switch (data) {
            case Data.Empty empty -> "empty";
            case Data.Ours ours ->
                "has data although the ledger has none: a former ledger was lost, or this is another"
                        + " cluster's data; move it away";
            case Data.Foreign foreign -> foreign.problem();
        };
    }

    static Optional<Verdict> recordReceipt(Situation now) {
        for (NodeId node : now.state().nodes()) {
            for (Receipt receipt : now.freshReport(node).map(Report::receipts).orElse(List.of())) {
                Optional<PrimaryChange> change =
                        now.state().change(receipt.epoch().next());
                // Several nodes may have left the lineage there: whoever had most has what the others had too.
                // Data that left it elsewhere, because a server wrote on it out of turn, tells of no failover.
                boolean isOfAFailover = now.state().lineage().stream()
                        .anyMatch(entry -> receipt.epoch().isBefore(entry.epoch())
                                && entry.start().equals(receipt.from()));
                if (isOfAFailover
                        && change.filter(entry -> entry.receipt()
                                        .filter(known -> known.bytes() >= receipt.bytes())
                                        .isEmpty())
                                .isPresent()) {
                    return Verdict.of(
                            node + " lost " + receipt.transactions() + " transactions, " + receipt.bytes()
                                    + " bytes of log",
                            new Command.RecordReceipt(receipt.epoch().next(), receipt));
                }
            }
        }
        return Optional.empty();
    }
}
