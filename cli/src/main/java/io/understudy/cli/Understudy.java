package io.understudy.cli;

import io.understudy.cli.api.AgentUnreachableException;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line. Every verb but {@code run}, {@code router}, {@code demo} and {@code class-cache} talks to an agent's HTTP API. */
@Command(
        name = "understudy",
        description =
                "Supervises primary/replica databases: which node takes the writes, who copies them, who takes over.",
        versionProvider = BuiltVersion.class,
        mixinStandardHelpOptions = true,
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            RouterCommand.class,
            StatusCommand.class,
            HistoryCommand.class,
            SwitchoverCommand.class,
            ModeCommand.class,
            QuarantineCommand.class,
            ClassCacheCommand.class
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            ExitStatus.DONE_TEXT,
            ExitStatus.FAILED_TEXT,
            ExitStatus.USAGE_TEXT,
            ExitStatus.UNREACHABLE_TEXT,
            ExitStatus.UNFINISHED_TEXT
        },
        footer = {"", "Begin with: understudy demo", "Each verb has its own --help."})
public final class Understudy implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs one verb and ends the process with its exit status. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The whole command line, ready to execute. */
    static CommandLine commandLine() {
        return new CommandLine(new Understudy())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Understudy::failed);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name a verb: demo, run, router, status, history, switchover, mode, quarantine or class-cache.");
    }

    private static int failed(Exception thrown, CommandLine command, CommandLine.ParseResult parsed) throws Exception {
        PrintWriter err = command.getErr();
        return switch (thrown) {
            case AgentUnreachableException nobody -> {
                err.println(nobody.getMessage());
                yield ExitStatus.UNREACHABLE;
            }
            case RequestRefusedException refused -> {
                err.println(refused.getMessage());
                yield ExitStatus.FAILED;
            }
            case UnusableMachineException lacking -> {
                err.println(lacking.getMessage());
                yield ExitStatus.USAGE;
            }
            // What was found, expected and to be done is in its words; where in the program it was noticed helps
            // nobody.
            case IOException failed -> {
                err.println(failed.getClass() == IOException.class ? failed.getMessage() : failed.toString());
                yield ExitStatus.FAILED;
            }
            default -> throw thrown;
        };
    }
}
