package io.understudy.chaos.lab;

import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk that takes its time: {@code strace} holds every {@code fsync} and {@code fdatasync} of a server's processes up before it is
 * made (its delay injection). All other calls become slower too, because each is looked at.
 */
public final class SlowDisk implements AutoCloseable {

    private static final int ENDING_SECONDS = 10;

    private final Process strace;

    private SlowDisk(Process strace) {
        this.strace = strace;
    }

    /** From now on every sync of the server of {@code node} takes {@code delay} longer. */
    public static SlowDisk under(LocalNode node, Duration delay) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "strace",
                "--follow-forks",
                "--quiet=all",
                "--output=/dev/null",
                "--trace=fsync,fdatasync",
                "--inject=fsync,fdatasync:delay_enter=" + delay.toMillis() + "ms"));
        for (long pid : node.processes().servers()) {
            command.add("--attach=" + pid);
        }
        return new SlowDisk(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start());
    }

    /** Lets the server go; it runs on. */
    @Override
    public void close() throws IOException {
        strace.destroy();
        try {
            if (!strace.waitFor(ENDING_SECONDS, TimeUnit.SECONDS)) {
                strace.destroyForcibly();
                throw new IOException("strace did not let go of the server within " + ENDING_SECONDS + " s");
            }
        } catch (InterruptedException interrupted) {
            strace.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
