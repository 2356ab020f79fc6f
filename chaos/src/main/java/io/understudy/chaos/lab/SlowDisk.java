package io.understudy.chaos.lab;

import io.understudy.cli.local.Await;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A disk that takes its time: {@code strace} holds every {@code fsync} and {@code fdatasync} of a server's processes up before it is
 * made (its delay injection). All other calls become slower too, because each is looked at.
 */
public final class SlowDisk implements AutoCloseable {

    private static final int ENDING_SECONDS = 10;
    private static final Duration ATTACHING = Duration.ofSeconds(5);

    private final Process strace;

    private SlowDisk(Process strace) {
        this.strace = strace;
    }

    /** From now on every sync of the server of {@code node} takes {@code delay} longer. */
    public static SlowDisk under(LocalNode node, Duration delay) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "strace",
                "--follow-forks",
                "--quiet=all",
                "--output=/dev/null",
                "--trace=fsync,fdatasync",
                "--inject=fsync,fdatasync:delay_enter=" + delay.toMillis() + "ms"));
        Set<Long> servers = node.processes().servers();
        if (servers.isEmpty()) {
            throw new IOException("No server runs on " + node.id() + " whose disk could be slow");
        }
        servers.forEach(pid -> command.add("--attach=" + pid));
        SlowDisk slow = new SlowDisk(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start());
        long first = servers.iterator().next();
        if (!Await.until(ATTACHING, () -> isTraced(first))) {
            slow.close();
            throw new IOException("strace did not take hold of process " + first + " of " + node.id() + " within "
                    + ATTACHING.toSeconds() + " s; may it trace here, and does nobody else?");
        }
        return slow;
    }

    private static boolean isTraced(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
        } catch (IOException | UncheckedIOException gone) {
            return false;
        }
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
