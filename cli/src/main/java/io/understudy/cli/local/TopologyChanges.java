package io.understudy.cli.local;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is worth telling when one view of a cluster follows another. */
final class TopologyChanges {

    private TopologyChanges() {}

    /** One line for each change. */
    static List<String> between(Optional<ClusterView> before, ClusterView after) {
        List<String> lines = new ArrayList<>();
        Optional<String> leader = before.flatMap(ClusterView::raftLeader);
        if (!leader.equals(after.raftLeader())) {
            after.raftLeader().ifPresent(node -> lines.add("ledger: " + node + " leads the Raft group"));
        }
        Optional<String> tenure = before.flatMap(TopologyChanges::tenure);
        if (!tenure.equals(tenure(after))) {
            tenure(after).ifPresent(lines::add);
        }
        for (NodeView node : after.nodes()) {
            Optional<NodeView> old = before.flatMap(view -> find(view, node.node()));
            if (!old.map(TopologyChanges::state).equals(Optional.of(state(node)))) {
                lines.add(node.node() + ": " + state(node));
            }
        }
        Optional<String> inSync = before.flatMap(TopologyChanges::inSync);
        if (inSync(after).isPresent() && !inSync.equals(inSync(after))) {
            lines.add("in-sync set: " + inSync(after).orElseThrow());
        }
        return lines;
    }

    private static Optional<String> tenure(ClusterView view) {
        return view.tenure()
                .map(tenure -> "epoch " + tenure.epoch() + ": "
                        + switch (tenure.phase()) {
                            case "granted" -> tenure.holder() + " is chosen";
                            case "open" -> tenure.holder() + " is primary and open to clients";
                            case "revoked" -> tenure.holder() + "'s tenure has ended";
                            default -> tenure.holder() + " " + tenure.phase();
                        });
    }

    /** Only complete sets are worth a line: steps between two are over in milliseconds. */
    private static Optional<String> inSync(ClusterView view) {
        return view.inSync()
                .filter(set -> !set.changing())
                .map(set -> set.target().text());
    }

    private static Optional<NodeView> find(ClusterView view, String node) {
        return view.nodes().stream().filter(entry -> entry.node().equals(node)).findFirst();
    }

    private static String state(NodeView node) {
        if (node.problem().isPresent()) {
            return "cannot serve: " + node.problem().get();
        }
        return switch (node.role()) {
            case PRIMARY -> "primary";
            case ELECT -> "becoming primary (" + node.server() + ")";
            case REPLICA -> "replica of " + node.upstream().orElse("nobody") + (node.streaming() ? ", streaming" : "");
            case NONE -> node.server().equals("unknown") ? "not heard" : other(node);
        };
    }

    private static String other(NodeView node) {
        return switch (node.server()) {
            case "gone" -> node.data().equals("empty") ? "no database yet" : "server down";
            case "standby" -> "sealed";
            default -> node.server();
        };
    }
}
