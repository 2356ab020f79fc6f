package io.understudy.cli.view;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.Guarantee;
import io.understudy.agent.api.ClusterView.InSyncSet;
import io.understudy.agent.api.ClusterView.MissingReceipt;
import io.understudy.agent.api.ClusterView.NoticeView;
import io.understudy.agent.api.ClusterView.Source;
import io.understudy.agent.api.NodeView;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code status} as text: the cluster, its nodes as a tree, and the guarantee in words. */
public final class StatusTree {

    private static final int LAST_NOTICES = 3;

    private StatusTree() {}

    /** The lines. */
    public static List<String> render(ClusterView view) {
        List<String> lines = new ArrayList<>();
        lines.add("cluster " + view.cluster() + ": " + view.settings().mode() + ", epoch " + view.epoch()
                + view.tenure()
                        .map(tenure -> " (" + tenure.holder() + ", " + tenure.phase() + ")")
                        .orElse(" (no primary yet)"));
        if (view.source() == Source.LOCAL) {
            lines.add("! only " + view.answeredBy() + "'s own knowledge, which may be old: "
                    + view.sourceProblem().orElse("the Raft leader does not answer"));
        }
        nodes(view, lines);
        inSync(view, lines);
        view.switchover()
                .ifPresent(asked -> lines.add("switchover: asked for at " + asked.requestedAt() + ", target "
                        + asked.target().or(asked::wanted).orElse("not chosen yet")));
        if (!view.guarantee().isEmpty()) {
            lines.add("guarantee");
            int width = view.guarantee().stream()
                    .mapToInt(entry -> entry.key().length())
                    .max()
                    .orElse(0);
            for (Guarantee entry : view.guarantee()) {
                lines.add("  " + pad(entry.key(), width) + "  " + entry.text());
            }
        }
        for (MissingReceipt missing : view.missingReceipts()) {
            lines.add("receipt of epoch " + missing.epoch() + ": " + missing.text());
        }
        view.decision()
                .ifPresent(decision -> lines.add("last decision: " + decision.rule() + ": " + decision.reason()));
        List<NoticeView> notices = view.notices();
        for (NoticeView notice : notices.subList(Math.max(0, notices.size() - LAST_NOTICES), notices.size())) {
            lines.add("notice " + notice.at().truncatedTo(ChronoUnit.MILLIS) + " " + notice.rule() + ": "
                    + notice.text());
        }
        lines.add("ledger: version " + view.ledgerVersion() + ", Raft leader "
                + view.raftLeader().orElse("none") + ", term " + view.raftTerm());
        return lines;
    }

    private static void nodes(ClusterView view, List<String> lines) {
        int width = view.nodes().stream()
                .mapToInt(node -> node.node().length())
                .max()
                .orElse(0);
        for (int i = 0; i < view.nodes().size(); i++) {
            NodeView node = view.nodes().get(i);
            boolean last = i == view.nodes().size() - 1;
            lines.add(
                    (last ? "└─ " : "├─ ") + pad(node.node(), width) + "  " + pad(role(node), 8) + "  " + facts(node));
            String stem = last ? "   " : "│  ";
            node.problem().ifPresent(what -> lines.add(stem + "! " + what));
            node.problemAction()
                    .filter(what -> !node.problem().equals(Optional.of(what)))
                    .ifPresent(what -> lines.add(stem + "! " + what));
        }
    }

    private static String role(NodeView node) {
        return switch (node.role()) {
            case PRIMARY -> "primary";
            case ELECT -> "elect";
            case REPLICA -> "replica";
            case NONE -> "-";
        };
    }

    private static String facts(NodeView node) {
        List<String> facts = new ArrayList<>();
        node.database().ifPresent(facts::add);
        switch (node.role()) {
            case PRIMARY, ELECT -> {
                facts.add("server " + node.server());
                node.position().ifPresent(at -> facts.add("at " + at));
                node.lease().ifPresent(lease -> facts.add("lease " + lease));
            }
            case REPLICA -> {
                facts.add(node.inSync() ? "in-sync" : "not in-sync");
                facts.add((node.streaming() ? "streaming from " : "to follow ")
                        + node.upstream().orElse("nobody"));
                facts.add(lag(node));
            }
            case NONE -> {
                facts.add("server " + node.server());
                facts.add("data " + node.data());
            }
        }
        if (node.lastHeardMillis().isEmpty()) {
            facts.add("never heard");
        } else if (node.lastHeardMillis().get() > 2_000) {
            facts.add(String.format(
                    Locale.ROOT, "last heard %.1f s ago", node.lastHeardMillis().get() / 1e3));
        }
        node.doing().ifPresent(facts::add);
        return String.join(", ", facts);
    }

    private static String lag(NodeView node) {
        return node.lagBytes().map(bytes -> bytes + " bytes").orElse("unknown bytes") + " and "
                + node.lagSeconds()
                        .map(seconds -> String.format(Locale.ROOT, "%.1f s", seconds))
                        .orElse("unknown time")
                + " behind";
    }

    private static void inSync(ClusterView view, List<String> lines) {
        view.inSync().ifPresent(set -> {
            lines.add("in-sync set: " + set.target().text());
            if (set.changing()) {
                lines.add("  changing; a failover obeys all of: "
                        + set.possible().stream().map(InSyncSet::text).collect(Collectors.joining("; ")));
            }
        });
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
