package io.understudy.cli;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.NodeView;
import io.understudy.agent.api.SwitchoverBody;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code switchover}. */
@Command(
        name = "switchover",
        description = "Makes another node primary, as planned, and waits until it is open to clients.",
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            ExitStatus.DONE_TEXT,
            ExitStatus.FAILED_TEXT,
            ExitStatus.USAGE_TEXT,
            ExitStatus.UNREACHABLE_TEXT,
            ExitStatus.UNFINISHED_TEXT
        })
final class SwitchoverCommand implements Callable<Integer> {

    @Mixin
    private ClusterAccess cluster = new ClusterAccess();

    @Option(
            names = "--to",
            paramLabel = "NODE",
            description = "Who is to be primary (default: whoever can be soonest).")
    private @Nullable String to;

    @Mixin
    private Patience patience = new Patience();

    @Override
    public Integer call() throws IOException, RequestRefusedException, InterruptedException {
        Duration limit = cluster.patience(patience.seconds());
        ClusterView before = cluster.ask(AgentClient::cluster);
        if (to != null && before.nodes().stream().map(NodeView::node).noneMatch(to::equals)) {
            throw cluster.wrong("--to " + to + " is no node of this cluster: expected one of "
                    + before.nodes().stream().map(NodeView::node).toList());
        }
        String holder = before.tenure().map(TenureView::holder).orElse("nobody");
        if (holder.equals(to)) {
            cluster.print(before, List.of(to + " is primary already"));
            return ExitStatus.DONE;
        }
        cluster.ask(agent -> agent.switchover(new SwitchoverBody(Optional.ofNullable(to))));
        Progress progress = new Progress(cluster, limit);
        progress.tell("asked for: away from " + holder + (to == null ? "" : " to " + to));
        Optional<ClusterView> after = progress.until(view -> isOver(view, before), SwitchoverCommand::describe);
        if (after.isEmpty()) {
            cluster.err().println("Not finished within " + patience.seconds() + " s; 'status' shows how far it is.");
            return ExitStatus.UNFINISHED;
        }
        return conclude(before, after.get());
    }

    private int conclude(ClusterView before, ClusterView after) throws IOException, RequestRefusedException {
        if (after.epoch() == before.epoch()) {
            String why = after.notices().stream()
                    .filter(notice -> !before.notices().contains(notice))
                    .map(notice -> notice.rule() + ": " + notice.text())
                    .reduce((first, second) -> second)
                    .orElse("the request is gone and no reason is on record; see 'history'");
            cluster.err().println("Refused: " + why);
            return ExitStatus.FAILED;
        }
        Optional<Change> change = cluster.ask(AgentClient::history).changes().stream()
                .filter(entry -> entry.epoch() == after.epoch())
                .findFirst();
        cluster.print(
                change.isPresent() ? change.get() : after,
                List.of(after.tenure().map(TenureView::holder).orElse("nobody") + " is primary of epoch "
                        + after.epoch()
                        + change.flatMap(Change::tookMillis)
                                .map(took -> ", after " + took + " ms")
                                .orElse("")));
        return ExitStatus.DONE;
    }

    private static boolean isOver(ClusterView view, ClusterView before) {
        boolean open =
                view.tenure().filter(tenure -> tenure.phase().equals("open")).isPresent();
        return open
                && (view.epoch() > before.epoch()
                        || (view.switchover().isEmpty() && view.ledgerVersion() > before.ledgerVersion()));
    }

    private static String describe(ClusterView view) {
        return view.switchover()
                        .map(asked -> "target " + asked.target().orElse("not chosen yet") + ", ")
                        .orElse("")
                + view.tenure()
                        .map(tenure -> "epoch " + tenure.epoch() + " of " + tenure.holder() + " is " + tenure.phase())
                        .orElse("no primary");
    }
}
