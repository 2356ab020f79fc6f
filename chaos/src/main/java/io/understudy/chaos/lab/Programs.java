package io.understudy.chaos.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs small programs of the system to their end. */
final class Programs {

    private static final int LONGEST_SECONDS = 30;

    private Programs() {}

    /** @throws IOException when it ends with another status than 0, with what it said */
    static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("'" + String.join(" ", command) + "' did not end within " + LONGEST_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    "'" + String.join(" ", command) + "' ended with " + process.exitValue() + " and said: " + said);
        }
    }
}
