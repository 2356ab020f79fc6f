package io.understudy.cli.local;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.InSyncView;
import io.understudy.agent.api.NodeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a cluster is whole again. */
public final class Health {

    private static final long HEARD_MILLIS = 3_000;

    private Health() {}

    /** What is not as it should be, in words; empty when every node is healthy. */
    public static List<String> problems(ClusterView view) {
        List<String> problems = new ArrayList<>();
        if (view.source() != ClusterView.Source.LEADER) {
            problems.add("no Raft leader answers"
                    + view.sourceProblem().map(why -> ": " + why).orElse(""));
        }
        if (view.tenure().filter(tenure -> tenure.phase().equals("open")).isEmpty()) {
            problems.add("no primary is open to clients");
        }
        if (view.switchover().isPresent()) {
            problems.add("a switchover is under way");
        }
        int members = view.nodes().size() - 1;
        if (view.inSync().filter(InSyncView::changing).isPresent()) {
            problems.add("the in-sync set is changing");
        } else if (!view.settings().mode().equals("async")
                && view.inSync().map(set -> set.target().members().size()).orElse(0) < members) {
            problems.add("the in-sync set is not whole");
        }
        view.nodes().forEach(node -> problem(node).ifPresent(what -> problems.add(node.node() + " " + what)));
        return problems;
    }

    /** Whether no node's last report is as old as {@code age}. */
    public static boolean allHeard(ClusterView view, Duration age) {
        return view.nodes().stream()
                .allMatch(node -> node.lastHeardMillis()
                        .filter(heard -> heard < age.toMillis())
                        .isPresent());
    }

    public static boolean isWhole(Optional<ClusterView> view) {
        return view.filter(seen -> problems(seen).isEmpty()).isPresent();
    }

    private static Optional<String> problem(NodeView node) {
        if (node.lastHeardMillis().filter(age -> age <= HEARD_MILLIS).isEmpty()) {
            return Optional.of("is not heard");
        }
        if (node.problem().isPresent()) {
            return node.problem();
        }
        return switch (node.role()) {
            case PRIMARY -> Optional.empty();
            case REPLICA -> node.streaming() ? Optional.empty() : Optional.of("does not stream yet");
            case ELECT -> Optional.of("is not open yet");
            case NONE ->
                Optional.of("is neither primary nor replica (server " + node.server() + ", "
                        + node.doing().orElse("doing nothing known") + ")");
        };
    }
}
