package io.understudy.agent;

import io.understudy.agent.api.ClusterView.Guarantee;
import io.understudy.agent.api.NodeView;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.coordinator.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is promised at this moment, in words. */
final class GuaranteeWords {

    private GuaranteeWords() {}

    static List<Guarantee> of(ClusterState state, Optional<Decision> decision, List<NodeView> nodes) {
        if (state.tenure().isEmpty()) {
            return List.of(new Guarantee("promotable", "there is no database yet"));
        }
        List<Guarantee> words = new ArrayList<>();
        words.add(new Guarantee("promotable", promotable(state, decision, nodes)));
        words.add(new Guarantee("loss", loss(state)));
        waiting(state).ifPresent(why -> words.add(new Guarantee("waiting", why)));
        return words;
    }

    private static String promotable(ClusterState state, Optional<Decision> decision, List<NodeView> nodes) {
        Optional<Tenure> held = state.running();
        if (held.isEmpty()) {
            return decision.map(last -> "there is no primary: " + last.reason()).orElse("there is no primary");
        }
        InSyncConfiguration target = state.inSync().target();
        String holder = held.get().holder().node().name();
        if (target.waitsForNobody()) {
            return target.isDegraded()
                    ? "only " + holder + ": the promise of " + target.mode() + " was given up"
                    : nodes.stream()
                                    .filter(NodeView::streaming)
                                    .map(NodeView::node)
                                    .toList()
                            + ", when at most " + state.settings().maxFailoverLagBytes()
                            + " bytes behind, once the lease has run out";
        }
        return target.members().isEmpty()
                ? "only " + holder + ": nobody else can hold what was acknowledged"
                : "the furthest of " + target.members() + ", once " + target.sealsNeeded()
                        + " of them confirm nothing for " + holder + " any more";
    }

    private static String loss(ClusterState state) {
        boolean trusted = state.inSync().possible().stream().noneMatch(InSyncConfiguration::waitsForNobody);
        return trusted
                ? "nothing that was acknowledged"
                : "what " + state.running().map(held -> held.holder().node().name()).orElse("the last primary")
                        + " acknowledged and no replica has received";
    }

    private static Optional<String> waiting(ClusterState state) {
        InSyncConfiguration target = state.inSync().target();
        if (!state.isOpen()) {
            return Optional.of("clients are not served: " + state.tenure().map(held -> "epoch " + held.epoch() + " is "
                            + held.phase()).orElse("there was no primary yet"));
        }
        return target.blocksCommits()
                ? Optional.of("commits wait: " + target + ", and too few members are in sync")
                : Optional.empty();
    }
}
