package io.understudy.cli;

import io.understudy.agent.api.HistoryView;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.view.HistoryText;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code history}. */
@Command(
        name = "history",
        description = "Shows every change of primary: votes, positions, timings, rejected candidates, reason, receipt.",
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {ExitStatus.DONE_TEXT, ExitStatus.USAGE_TEXT, ExitStatus.UNREACHABLE_TEXT})
final class HistoryCommand implements Callable<Integer> {

    @Mixin
    private ClusterAccess cluster = new ClusterAccess();

    @Override
    public Integer call() throws IOException, RequestRefusedException {
        HistoryView view = cluster.ask(AgentClient::history);
        cluster.print(view, HistoryText.render(view));
        return ExitStatus.DONE;
    }
}
