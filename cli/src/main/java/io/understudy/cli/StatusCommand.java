package io.understudy.cli;

import io.understudy.agent.api.ClusterView;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.view.StatusTree;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code status}. */
@Command(
        name = "status",
        description = "Shows the cluster: roles, mode, in-sync set, epoch, lag, and the guarantee in words.",
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:a primary is open to clients",
            "1:no primary is open to clients",
            ExitStatus.USAGE_TEXT,
            ExitStatus.UNREACHABLE_TEXT
        })
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private ClusterAccess cluster = new ClusterAccess();

    @Override
    public Integer call() throws IOException, RequestRefusedException {
        ClusterView view = cluster.ask(AgentClient::cluster);
        cluster.print(view, StatusTree.render(view));
        return view.tenure().filter(tenure -> tenure.phase().equals("open")).isPresent()
                ? ExitStatus.DONE
                : ExitStatus.FAILED;
    }
}
