package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A guard process on a socket of its own, and everything a test wants to ask about it. Closing ends it and its server. */
final class RunningGuard implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    final Path directory;
    final GuardLauncher launcher;
    final RecordedEvents events = new RecordedEvents();
    final GuardClient client;

    private final List<Long> guards = new ArrayList<>();

    RunningGuard() throws IOException {
        directory = Files.createTempDirectory("guard");
        // The server's user must be able to enter; the socket lies in a directory of its own that it cannot.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        launcher = GuardLauncher.likeThisProcess(directory.resolve("s/socket"), directory.resolve("guard.log"));
        client = launcher.launch(events, PATIENCE);
        guards.add(client.guardPid());
    }

    /** Starts a shell script as the server. */
    long startShell(String script) throws IOException {
        return client.start(ServerCommand.of(List.of("/bin/sh", "-c", script), directory, directory.resolve("log")));
    }

    String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    static void await(String what, BooleanSupplier condition) {
        await(what, PATIENCE, condition);
    }

    /** Looks until it holds: for states of the operating system that send no event. */
    static void await(String what, Duration patience, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("time left for: " + what).isNegative();
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    /** The processes below one, dead ones not yet reaped included. */
    static List<Long> below(long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid)
                .toList();
    }

    /** Whether it runs: a zombie does not. */
    static boolean runs(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException none) {
            return false;
        }
    }

    static void signal(String name, long pid) {
        try {
            int status = new ProcessBuilder("/bin/kill", "-" + name, Long.toString(pid))
                    .inheritIO()
                    .start()
                    .waitFor();
            assertThat(status).as("kill -" + name + " " + pid).isZero();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            for (long guard : guards) {
                if (!runs(guard)) {
                    continue;
                }
                try (GuardClient last = client.connected()
                        ? client
                        : GuardClient.connect(launcher.socket(), GuardListener.ignoring(), PATIENCE)) {
                    last.kill();
                    await("the server is gone", () -> state(last).absent());
                    last.exit();
                }
                await("the guard ended", () -> !runs(guard));
            }
        } finally {
            client.close();
            deleteTree(directory);
        }
    }

    static ServerState state(GuardClient client) {
        try {
            return client.status().server();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    static void deleteTree(Path root) throws IOException {
        try (var paths = Files.walk(root)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
