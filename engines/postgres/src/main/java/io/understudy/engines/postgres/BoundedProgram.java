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
     * @throws EngineException when it ended otherwise, or took longer than {@link #LIMIT}
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
            int status = await(builder.start(), input);
            if (status != 0) {
                throw new EngineException(command.getFirst() + " ended with status " + status + ", expected 0. "
                        + failure.apply(Files.readString(output).strip()));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static int await(Process process, String input) throws EngineException, InterruptedException {
        try {
            try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
                stdin.write(input);
            } catch (IOException endedEarly) {
                // Its status and its output say why.
                process.toHandle();
            }
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new EngineException(process.info().command().orElse("The program") + " took more than " + LIMIT
                        + ". Is the disk slow or dead? Nothing was put in place; the step is taken again.");
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
