package io.understudy.cli;

import io.understudy.cli.node.RouterFile;
import io.understudy.cli.node.RouterRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code router}. */
@Command(
        name = "router",
        description = {
            "Runs a router in the foreground, on a machine without an agent, until it is told to end.",
            "Clients that connect to it reach whatever node is primary, over pooled connections. Every agent can run one"
                    + " itself; this is for other machines, such as those of the application.",
            "SIGHUP has it read its file again: clients stay, and a file that cannot be used changes nothing. SIGTERM has it"
                    + " take no more clients, let transactions under way end (setting 'drain'), and end."
        },
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:--check: the file can be used",
            "1:the router failed; the reason is the last line",
            "2:wrong command line, or the file cannot be used; every problem is named with its line",
            "143:ended by SIGTERM"
        },
        footer = {
            "",
            "Examples:",
            "  understudy router --check --config router.properties",
            "  understudy router --config router.properties",
            "A file that is enough, where a role 'lookup' may read pg_authid (docs/router.md says how):",
            "  listen = 127.0.0.1:6432",
            "  cluster = shop",
            "  agents = 10.0.0.1:8008, 10.0.0.2:8008",
            "  lookup.role = lookup",
            "  lookup.password-file = lookup.password"
        })
final class RouterCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            required = true,
            description = "What to run: key = value, one a line (docs/configuration.md lists the keys).")
    private Path config = Path.of("");

    @Option(names = "--check", description = "Read and check the file, start nothing.")
    private boolean check;

    @Override
    public Integer call() throws IOException, UnusableMachineException, InterruptedException {
        RouterFile file;
        try {
            file = RouterFile.read(config);
        } catch (IOException unusable) {
            throw new UnusableMachineException(
                    "Cannot use the router's file " + config + ": "
                            + (unusable.getClass() == IOException.class ? unusable.getMessage() : unusable.toString()),
                    unusable);
        }
        if (check) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("%s can be used: a router at %s for cluster %s, agents %s, %d access rules"
                    .formatted(
                            config,
                            file.settings().listen(),
                            file.cluster(),
                            file.agents(),
                            file.settings().access().size()));
            out.flush();
            return ExitStatus.DONE;
        }
        RouterRun.untilStopped(config, file);
        return ExitStatus.DONE;
    }
}
