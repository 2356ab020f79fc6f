package io.understudy.chaos;

import io.understudy.chaos.faults.Catalogue;
import io.understudy.chaos.faults.Fault;
import io.understudy.cli.UnusableMachineException;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code chaos/run}. */
@Command(
        name = "chaos/run",
        description = {
            "Breaks a cluster of real agents and PostgreSQL servers in every way that must be survived, and judges it by what its"
                    + " clients were told.",
            "Each node is in a network namespace of its own with a disk of its own. First each fault happens alone, then sequences of"
                    + " two to four drawn at random follow for as long as asked for. Whenever the cluster is whole again everything is"
                    + " read back and held against what is promised. Needs root, ip, iptables, strace and libfaketime."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:every promise was kept", "1:a promise was broken", "2:it cannot be run like this"})
final class ChaosCommand implements Callable<Integer> {

    private static final int KEPT = 0;
    private static final int BROKEN = 1;
    private static final int USAGE = 2;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--list", description = "Only say which faults there are.")
    private boolean list;

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
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "15",
            description = "How long random sequences go on, counted from the beginning (default: ${DEFAULT-VALUE}).")
    private int minutes = 15;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "What is chosen at random follows from it (default: another one each time; it is printed).")
    private @Nullable Long seed;

    @Option(
            names = "--faults",
            paramLabel = "NAME",
            split = ",",
            description = "Only these, separated by commas (default: all).")
    private List<String> faults = List.of();

    @Option(names = "--no-alone", description = "Leave out the part in which each fault happens alone.")
    private boolean withoutAlone;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            defaultValue = "chaos/target/report.html",
            description = "Where the report for people goes (default: ${DEFAULT-VALUE}).")
    private Path report = Path.of("");

    @Option(
            names = "--json",
            paramLabel = "FILE",
            defaultValue = "chaos/target/report.json",
            description = "Where the report for programs goes (default: ${DEFAULT-VALUE}).")
    private Path json = Path.of("");

    @Option(
            names = "--commit",
            hidden = true,
            defaultValue = "unknown",
            description = "Of the sources, for the report.")
    private String commit = "unknown";

    /** Runs it and ends the process with its exit status. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ChaosCommand())
                .setExecutionExceptionHandler(ChaosCommand::failed)
                .execute(arguments));
    }

    private static int failed(Exception thrown, CommandLine command, CommandLine.ParseResult parsed) throws Exception {
        return switch (thrown) {
            case UnusableMachineException lacking -> {
                command.getErr().println(lacking.getMessage());
                yield USAGE;
            }
            case IOException failed -> {
                command.getErr()
                        .println(failed.getClass() == IOException.class ? failed.getMessage() : failed.toString());
                yield BROKEN;
            }
            default -> throw thrown;
        };
    }

    @Override
    public Integer call() throws IOException, UnusableMachineException, InterruptedException {
        if (list) {
            Catalogue.all()
                    .forEach(fault -> spec.commandLine().getOut().printf("%-32s %s%n", fault.name(), fault.text()));
            return KEPT;
        }
        return new Chaos(options(), spec.commandLine().getOut()).play() ? KEPT : BROKEN;
    }

    /** What was asked for; wrong values end in a usage message. */
    private Options options() {
        try {
            List<Fault> wanted = faults.isEmpty() ? Catalogue.all() : Catalogue.of(faults);
            return new Options(
                    ReplicationMode.ofLabel(mode),
                    nodes,
                    seed == null ? RandomGenerator.getDefault().nextLong(1_000_000_000) : seed,
                    wanted,
                    !withoutAlone,
                    Duration.ofMinutes(minutes),
                    commit,
                    report.toAbsolutePath(),
                    json.toAbsolutePath());
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
        }
    }
}
