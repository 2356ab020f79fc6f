package io.understudy.cli;

import io.understudy.agent.api.AcceptedView;
import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.InSyncView;
import io.understudy.agent.api.ModeBody;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mode}. */
@Command(
        name = "mode",
        description = "Shows the replication mode, or changes it and waits until the change is in force.",
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
final class ModeCommand implements Callable<Integer> {

    @Mixin
    private ClusterAccess cluster = new ClusterAccess();

    @Parameters(
            arity = "0..1",
            paramLabel = "MODE",
            description = "async, semi-sync or sync; without it the mode is shown.")
    private @Nullable String wanted;

    @Option(
            names = "--confirmations",
            paramLabel = "N",
            description = "In semi-sync: how many replicas must have a commit on disk (default: as it is).")
    private @Nullable Integer confirmations;

    @Mixin
    private Patience patience = new Patience();

    @Override
    public Integer call() throws IOException, RequestRefusedException, InterruptedException {
        Duration limit = cluster.patience(patience.seconds());
        ClusterView before = cluster.ask(AgentClient::cluster);
        if (wanted == null) {
            if (confirmations != null) {
                throw cluster.wrong("--confirmations changes semi-sync: write 'mode semi-sync --confirmations N'");
            }
            cluster.print(before.settings(), describeSettings(before));
            return ExitStatus.DONE;
        }
        String mode = checked(wanted);
        if (confirmations != null && !mode.equals(ReplicationMode.SEMI_SYNC.label())) {
            throw cluster.wrong("--confirmations " + confirmations + " is for semi-sync, not for " + mode);
        }
        AcceptedView accepted =
                cluster.ask(agent -> agent.mode(new ModeBody(mode, Optional.ofNullable(confirmations))));
        Progress progress = new Progress(cluster, limit);
        progress.tell(accepted.accepted());
        Optional<ClusterView> after = progress.until(view -> isInForce(view, mode, accepted), ModeCommand::describe);
        if (after.isEmpty()) {
            cluster.err().println("Not in force within " + patience.seconds() + " s; 'status' shows how far it is.");
            return ExitStatus.UNFINISHED;
        }
        cluster.print(after.get().settings(), describeSettings(after.get()));
        return ExitStatus.DONE;
    }

    private String checked(String mode) {
        try {
            return ReplicationMode.ofLabel(mode).label();
        } catch (IllegalArgumentException unknown) {
            throw cluster.wrong(String.valueOf(unknown.getMessage()));
        }
    }

    private static boolean isInForce(ClusterView view, String mode, AcceptedView accepted) {
        return view.ledgerVersion() >= accepted.ledgerVersion()
                && view.settings().mode().equals(mode)
                && view.inSync()
                        .filter(set -> !set.changing() && set.target().mode().equals(mode))
                        .filter(set -> !mode.equals(ReplicationMode.SEMI_SYNC.label())
                                || set.target().confirmations()
                                        == view.settings().confirmations())
                        .isPresent();
    }

    private static String describe(ClusterView view) {
        return view.inSync()
                .map(set -> (set.changing() ? "changing to " : "in force: ")
                        + set.target().text())
                .orElse("no primary yet");
    }

    private static List<String> describeSettings(ClusterView view) {
        List<String> lines = new ArrayList<>();
        lines.add("mode " + view.settings().mode()
                + (view.settings().mode().equals("semi-sync")
                        ? ", confirmations " + view.settings().confirmations()
                        : ""));
        view.inSync().map(InSyncView::target).ifPresent(set -> lines.add("in force: " + set.text()));
        return lines;
    }
}
