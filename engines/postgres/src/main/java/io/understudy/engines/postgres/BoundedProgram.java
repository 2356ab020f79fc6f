package io.understudy.engines.postgres;

import io.understudy.engines.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** One of PostgreSQL's programs, run to its end as the server's user; what it says goes into no log. */
final class BoundedProgram {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Node node;

    BoundedProgram(Node node) {
        this.node = node;
    }

    /**
     * Returns when it ended with status 0.
     *
     * @param input what it reads
     * @param failure says from its output why it failed; the output itself is shown to nobody
     * @throws EngineException when it ended otherwise, or took longer than {@link #LIMIT}, reading its input included
     */
    void run(List<String> command, Path directory, String input, Function<String, String> failure)
            throws IOException, EngineException, InterruptedException {
        Path output = Files.createTempFile(node.settings.stateDirectory(), "program", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(node.user.running(command))
                    .directory(Trees.parentOf(directory).toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("TZ", "UTC");
            int status = await(builder.start(), input, LIMIT);
            if (status != 0) {
                throw new EngineException(command.getFirst() + " ended with status " + status + ", expected 0. "
                        + failure.apply(Files.readString(output).strip()));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /**
     * Waits for its end. Its input is written beside: a program that does not read it would otherwise hold up its caller for
     * as long as it pleases, since a pipe takes no more than it has room for.
     */
    static int await(Process process, String input, Duration limit) throws EngineException, InterruptedException {
        Thread.ofPlatform().daemon().name("program-input").start(() -> write(process, input));
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new EngineException(process.info().command().orElse("The program") + " took more than " + limit
                        + ". Is the disk slow or dead? Nothing was put in place; the step is taken again.");
            }
            return process.exitValue();
        } finally {
            // What it started has its input open too, and would hold up the thread that writes it.
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void write(Process process, String input) {
        try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
            stdin.write(input);
        } catch (IOException endedEarly) {
            // Its status and its output say why.
            process.toHandle();
        }
    }
}
