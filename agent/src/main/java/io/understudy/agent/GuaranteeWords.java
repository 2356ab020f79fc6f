package io.understudy.agent;

import io.understudy.agent.api.ClusterView;
import io.understudy.coordination.Outlook;
import io.understudy.core.coordinator.Guarantee;
import java.util.List;

/** What can be relied on, as the API shows it. */
final class GuaranteeWords {

    private GuaranteeWords() {}

    static List<ClusterView.Guarantee> of(Outlook outlook) {
        Guarantee holds = Guarantee.of(outlook.state(), outlook.seen(), outlook.now());
        return List.of(
                new ClusterView.Guarantee("commits", holds.commits()),
                new ClusterView.Guarantee("loss", holds.loss()),
                new ClusterView.Guarantee(
                        "promotable",
                        holds.promotable().isEmpty()
                                ? "nobody: " + holds.promotion()
                                : holds.promotable() + ": " + holds.promotion()));
    }

    /** One node alone can promise nothing. */
    static List<ClusterView.Guarantee> unknown() {
        return List.of(new ClusterView.Guarantee(
                "unknown", "the Raft leader does not answer: what holds now is not known to this node"));
    }
}
