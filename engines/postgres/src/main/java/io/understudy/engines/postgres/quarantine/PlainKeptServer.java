package io.understudy.engines.postgres.quarantine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A kept copy's server as a child of this process, without a guard: it cannot be written to, so nothing must fence it. */
public final class PlainKeptServer implements KeptServer {

    private static final Duration FAST_STOP = Duration.ofSeconds(10);
    private static final Duration KILL = Duration.ofSeconds(5);

    private final Process process;

    private PlainKeptServer(Process process) {
        this.process = process;
    }

    /**
     * Starts servers as children.
     *
     * @param userPrefix a command that changes to the data's user, put before the server's own, for example {@code setpriv
     *     --reuid postgres --regid postgres --clear-groups}; empty when this process already runs as that user
     */
    public static Starter starter(List<String> userPrefix) {
        List<String> prefix = List.copyOf(userPrefix);
        return launch -> {
            List<String> command = new ArrayList<>(prefix);
            command.addAll(launch.command());
            return new PlainKeptServer(new ProcessBuilder(command)
                    .directory(launch.workingDirectory().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(launch.log().toFile()))
                    .start());
        };
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks for a fast stop, which ends sessions; kills what has not ended then. */
    @Override
    public void close() throws IOException {
        if (!process.isAlive()) {
            return;
        }
        try {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (!process.waitFor(FAST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
        }
    }

    private void kill() throws IOException {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle each : all) {
            try {
                each.onExit().get(KILL.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                throw new IOException(
                        "Process " + each.pid() + " of a kept copy's server was killed but has not ended" + " after "
                                + KILL + "; look at what it waits for in /proc/" + each.pid() + "/stack",
                        e);
            }
        }
    }
}
