package io.understudy.cli.local;

import io.understudy.guard.SeenProcess;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Ends every process of some nodes, whatever state it is in, and leaves nothing behind. */
public final class Ending {

    private static final Duration SERVERS = Duration.ofSeconds(5);
    private static final Duration REST = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Path SEGMENTS = Path.of("/proc/sysvipc/shm");
    private static final int REMOVE_SEGMENT = 0;
    private static final MethodHandle SEGMENT_CALL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("shmctl"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private final List<LocalNode> nodes;

    public Ending(List<LocalNode> nodes) {
        this.nodes = List.copyOf(nodes);
    }

    /**
     * Agents and guards are stopped where they are, servers told to quit, then whatever is left is killed.
     *
     * @throws IOException naming the processes that are still there
     */
    public void end() throws IOException, InterruptedException {
        for (LocalNode node : nodes) {
            NodeProcesses found = node.processes();
            Signals.STOP.send(found.supervisors());
            Signals.RESUME.send(found.servers());
            Signals.QUIT.send(found.servers());
        }
        long deadline = System.nanoTime() + SERVERS.toNanos();
        while (!servers().isEmpty() && deadline - System.nanoTime() > 0) {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        deadline = System.nanoTime() + REST.toNanos();
        Set<Long> left = everything();
        while (!left.isEmpty()) {
            if (deadline - System.nanoTime() < 0) {
                throw new IOException(
                        "Processes " + left + " are still there " + REST.toSeconds()
                                + " s after they were killed. Do they wait for a disk? Look at them with 'ps' and in /proc/PID/stack.");
            }
            Signals.KILL.send(left);
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            left = everything();
        }
        removeSegments();
    }

    private List<Long> servers() throws IOException {
        List<Long> pids = new ArrayList<>();
        for (LocalNode node : nodes) {
            pids.addAll(node.processes().servers());
        }
        return pids;
    }

    /**
     * What is found now, and what was found before and has not ended: a process cannot be told to be the node's any more
     * some time before the kernel has closed its files and sockets.
     */
    private Set<Long> everything() throws IOException {
        Set<Long> pids = new LinkedHashSet<>();
        for (LocalNode node : nodes) {
            pids.addAll(node.processes().all());
            for (SeenProcess seen : node.everSeen()) {
                if (!seen.ended()) {
                    pids.add(seen.pid());
                }
            }
        }
        return pids;
    }

    /** A killed server leaves a System V segment behind: those that nobody uses and a server of ours made are removed. */
    private void removeSegments() throws IOException {
        Set<Long> ours = new HashSet<>();
        nodes.forEach(node -> node.everSeen().forEach(process -> ours.add(process.pid())));
        List<String> lines = Files.exists(SEGMENTS) ? Files.readAllLines(SEGMENTS) : List.of();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            String[] fields = line.strip().split("\\s+", -1);
            boolean unused = fields.length > 6 && fields[6].equals("0");
            if (unused && ours.contains(Long.parseLong(fields[4]))) {
                try {
                    int _ = (int)
                            SEGMENT_CALL.invokeExact(Integer.parseInt(fields[1]), REMOVE_SEGMENT, MemorySegment.NULL);
                } catch (Throwable thrown) {
                    throw new AssertionError("shmctl(2) cannot throw", thrown);
                }
            }
        }
    }
}
