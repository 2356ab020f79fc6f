package io.understudy.cli;

import io.understudy.cli.demo.ClassCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code class-cache}. */
@Command(
        name = "class-cache",
        description = {
            "Makes the file of linked classes that agents start from.",
            "It belongs to one JDK and one build, and only saves time: without it everything works. A cluster of its own"
                    + " runs for about 20 seconds meanwhile."
        },
        mixinStandardHelpOptions = true,
        versionProvider = BuiltVersion.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {ExitStatus.DONE_TEXT, "1:it was not made; the reason is the last line", ExitStatus.USAGE_TEXT})
final class ClassCacheCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--to",
            paramLabel = "FILE",
            required = true,
            description = "The file to make, in a directory that exists; one that is there is replaced.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws UnusableMachineException, InterruptedException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
            throw new UnusableMachineException("Cannot make " + file + ": found no directory " + directory
                    + " that can be written to. Make it first, or name another file with --to.");
        }
        try {
            new ClassCache(spec.commandLine().getErr()).make(file);
            return ExitStatus.DONE;
        } catch (IOException failed) {
            spec.commandLine().getErr().println("The file of linked classes was not made: " + failed.getMessage());
            return ExitStatus.FAILED;
        }
    }
}
