package io.understudy.cli;

import io.understudy.cli.node.AgentRun;
import io.understudy.cli.node.NodeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code run}. */
@Command(
        name = "run",
        description = {
            "Runs one node's agent in the foreground until it is told to end.",
            "Ending the agent does not stop the database: its guard keeps the deadline, and an agent started again"
                    + " takes it over."
        },
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {ExitStatus.DONE_TEXT, "1:the agent failed; the reason is the last line", ExitStatus.USAGE_TEXT})
final class RunCommand implements Callable<Integer> {

    @Option(
            names = "--node-file",
            paramLabel = "FILE",
            required = true,
            description = "What to run: a properties file as 'demo' writes it (keys: cluster, node, mode, directory,"
                    + " secret, binaries, nodes, NODE.raft, NODE.api, NODE.database, NODE.router (optional: the agent"
                    + " runs a router there), bootstrap.1 ...).")
    private Path nodeFile = Path.of("");

    @Override
    public Integer call() throws IOException, UnusableMachineException, InterruptedException {
        NodeFile file;
        try {
            file = NodeFile.read(nodeFile);
        } catch (IOException unusable) {
            throw new UnusableMachineException(
                    "Cannot read node file " + nodeFile + ": " + unusable.getMessage(), unusable);
        }
        AgentRun.untilStopped(file);
        return ExitStatus.DONE;
    }
}
