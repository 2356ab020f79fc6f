package io.understudy.cli;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.NodeView;
import io.understudy.agent.api.QuarantineView;
import io.understudy.agent.api.QuarantineView.Copy;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.AgentUnreachableException;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.view.HistoryText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code quarantine}. */
@Command(
        name = "quarantine",
        description = "Kept copies of data that diverged: what they hold, read-only access to them, removal.",
        subcommands = {QuarantineCommand.ListCopies.class, QuarantineCommand.Open.class, QuarantineCommand.Drop.class},
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class)
final class QuarantineCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name what to do: quarantine list, open or drop.");
    }

    /** A copy and the agent that keeps it. */
    private record Kept(AgentClient agent, String node, Copy copy) {}

    /** Asks every node of the cluster; one that does not answer is told of on standard error. */
    private static List<QuarantineView> everywhere(ClusterAccess cluster, List<Kept> found)
            throws IOException, RequestRefusedException {
        ClusterView view = cluster.ask(AgentClient::cluster);
        List<QuarantineView> answers = new ArrayList<>();
        for (NodeView node : view.nodes()) {
            if (node.api().isEmpty()) {
                cluster.err().println(node.node() + " was never heard; its copies are not shown");
                continue;
            }
            AgentClient agent =
                    ClusterAccess.agent(ClusterAccess.endpoint(node.api().get()));
            try {
                QuarantineView answer = agent.quarantine();
                answers.add(answer);
                answer.copies().forEach(copy -> found.add(new Kept(agent, answer.node(), copy)));
            } catch (AgentUnreachableException silent) {
                cluster.err().println(node.node() + ": " + silent.getMessage() + "; its copies are not shown");
            }
        }
        return answers;
    }

    private static Kept find(ClusterAccess cluster, KeptCopyChoice choice) throws IOException, RequestRefusedException {
        List<Kept> found = new ArrayList<>();
        everywhere(cluster, found);
        List<Kept> matching = found.stream()
                .filter(kept -> kept.copy.id().equals(choice.id())
                        && choice.node().filter(name -> !name.equals(kept.node)).isEmpty())
                .toList();
        if (matching.size() != 1) {
            throw cluster.wrong((matching.isEmpty() ? "No kept copy '" : "Several nodes keep a copy '")
                    + choice.id() + "'"
                    + choice.node().map(name -> " on " + name).orElse("") + ": found "
                    + found.stream()
                            .map(kept -> kept.node + "/" + kept.copy.id())
                            .toList()
                    + (matching.isEmpty() ? "" : "; say which with --node"));
        }
        return matching.getFirst();
    }

    /** {@code quarantine list}. */
    @Command(
            name = "list",
            description = "Lists the kept copies of all nodes.",
            mixinStandardHelpOptions = true,
            versionProvider = BuiltVersion.class,
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {ExitStatus.DONE_TEXT, ExitStatus.USAGE_TEXT, ExitStatus.UNREACHABLE_TEXT})
    static final class ListCopies implements Callable<Integer> {

        @Mixin
        private ClusterAccess cluster = new ClusterAccess();

        @Override
        public Integer call() throws IOException, RequestRefusedException {
            List<Kept> found = new ArrayList<>();
            List<QuarantineView> answers = everywhere(cluster, found);
            List<String> lines = new ArrayList<>();
            for (Kept kept : found) {
                lines.add(kept.node + "  " + kept.copy.id() + "  " + kept.copy.keptAt() + "  " + kept.copy.bytes()
                        + " bytes  "
                        + kept.copy.openAt().map(where -> "open at " + where).orElse("closed"));
                lines.add("  why      " + kept.copy.reason());
                lines.add("  holds    "
                        + kept.copy.receipt().map(HistoryText::receipt).orElse("not measured yet"));
                lines.add("  lies in  " + kept.copy.directory());
            }
            cluster.print(answers, lines.isEmpty() ? List.of("nothing is kept") : lines);
            return ExitStatus.DONE;
        }
    }

    /** {@code quarantine open}. */
    @Command(
            name = "open",
            description = "Starts a kept copy read-only, so that lost rows can be selected.",
            mixinStandardHelpOptions = true,
            versionProvider = BuiltVersion.class,
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {
                ExitStatus.DONE_TEXT,
                ExitStatus.FAILED_TEXT,
                ExitStatus.USAGE_TEXT,
                ExitStatus.UNREACHABLE_TEXT
            })
    static final class Open implements Callable<Integer> {

        @Mixin
        private ClusterAccess cluster = new ClusterAccess();

        @Mixin
        private KeptCopyChoice choice = new KeptCopyChoice();

        @Override
        public Integer call() throws IOException, RequestRefusedException {
            QuarantineView.Opened opened = find(cluster, choice).agent.openQuarantined(choice.id());
            cluster.print(
                    opened,
                    List.of(opened.node() + " shows " + opened.id() + " read-only at " + opened.host() + ":"
                            + opened.port()));
            return ExitStatus.DONE;
        }
    }

    /** {@code quarantine drop}. */
    @Command(
            name = "drop",
            description = "Removes a kept copy for good.",
            mixinStandardHelpOptions = true,
            versionProvider = BuiltVersion.class,
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {
                ExitStatus.DONE_TEXT,
                ExitStatus.FAILED_TEXT,
                ExitStatus.USAGE_TEXT,
                ExitStatus.UNREACHABLE_TEXT
            })
    static final class Drop implements Callable<Integer> {

        @Mixin
        private ClusterAccess cluster = new ClusterAccess();

        @Mixin
        private KeptCopyChoice choice = new KeptCopyChoice();

        @Override
        public Integer call() throws IOException, RequestRefusedException {
            Kept kept = find(cluster, choice);
            kept.agent.dropQuarantined(kept.copy.id());
            cluster.print(
                    kept.copy,
                    List.of(kept.node + " dropped " + kept.copy.id() + " (" + kept.copy.bytes() + " bytes)"));
            return ExitStatus.DONE;
        }
    }
}
