package io.understudy.cli;

import io.understudy.cli.demo.Demo;
import io.understudy.cli.demo.DemoOptions;
import io.understudy.cli.demo.Fault;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}. */
@Command(
        name = "demo",
        description = {
            "Starts a cluster on this machine, breaks it, and proves what became of every order.",
            "Each node is an agent, a guard and a PostgreSQL server of its own. A shop places 200 orders a second on"
                    + " whatever node is primary; after the fault every acknowledged order is looked for."
        },
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every round kept its mode's promise and all nodes are healthy again",
            "1:a promise was broken, the cluster did not form, or a node did not heal",
            ExitStatus.USAGE_TEXT,
            "130:ended by Ctrl-C; everything was stopped"
        })
final class DemoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "semi-sync",
            description = "async, semi-sync or sync (default: ${DEFAULT-VALUE}).")
    private String mode = "semi-sync";

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many nodes, 3 to 7 (default: ${DEFAULT-VALUE}).")
    private int nodes = 3;

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            defaultValue = "crash",
            description = {
                "What each round breaks (default: ${DEFAULT-VALUE}):",
                "none: nothing;",
                "crash: every process of the primary's server is killed;",
                "agent: the primary's agent alone is killed, and started again;",
                "host: agent, guard and server of the primary are killed together;",
                "hang: all of them are stopped for 20 s, then resumed;",
                "replica: everything of a replica is killed;",
                "switchover: a planned change of primary;",
                "partition: the primary is cut off silently (needs root and 'ip')."
            })
    private String fault = "crash";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many rounds (default: ${DEFAULT-VALUE}).")
    private int rounds = 1;

    @Option(names = "--keep", description = "Stay up until Ctrl-C, print connection strings, keep the directory.")
    private boolean keep;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "An empty or new directory to work in (default: a fresh one below the system's temporary"
                    + " directory, removed at the end unless a promise was broken).")
    private @Nullable Path directory;

    @Option(
            names = "--json",
            description =
                    "Standard output holds one JSON object a round and nothing else; text goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException, UnusableMachineException, InterruptedException {
        return new Demo(
                        options(),
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr())
                .play();
    }

    /** What was asked for; wrong values end in a usage message. */
    DemoOptions options() {
        try {
            return new DemoOptions(
                    ReplicationMode.ofLabel(mode),
                    nodes,
                    Fault.ofLabel(fault),
                    rounds,
                    keep ? DemoOptions.Ending.KEEP : DemoOptions.Ending.STOP,
                    Optional.ofNullable(directory),
                    json ? DemoOptions.Output.JSON : DemoOptions.Output.TEXT);
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
        }
    }
}
