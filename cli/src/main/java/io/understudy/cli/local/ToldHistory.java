package io.understudy.cli.local;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.util.List;

/** Every change of primary, as agents tell them. */
public final class ToldHistory {

    private ToldHistory() {}

    /** The changes after {@code epoch}, oldest first, as the agent of {@code nodes} tells them that knows most. */
    public static List<Change> after(long epoch, List<LocalNode> nodes) {
        List<Change> best = List.of();
        for (LocalNode node : nodes) {
            List<Change> told =
                    of(node).stream().filter(change -> change.epoch() > epoch).toList();
            best = knowledge(told) > knowledge(best) ? told : best;
        }
        return best;
    }

    /** None when it does not answer: the others are asked. */
    private static List<Change> of(LocalNode node) {
        try {
            return node.agent().history().changes();
        } catch (IOException | RequestRefusedException unanswered) {
            return List.of();
        }
    }

    private static long knowledge(List<Change> changes) {
        return changes.size()
                + changes.stream()
                        .filter(change -> change.receipt().isPresent())
                        .count();
    }
}
