package io.understudy.chaos.lab;

import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Clocks of a node's agent and guard that differ from everybody's. The wall clock is moved by {@code libfaketime} while the process
 * runs; the monotonic clock begins elsewhere, as after a start of the machine, in a time namespace of its own ({@code unshare}).
 */
public final class Clocks {

    private static final Path PROC = Path.of("/proc");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final Path LIBRARIES = Path.of("/usr/lib");
    private static final String LIBRARY = "libfaketimeMT.so.1";

    private final LabNetwork network;
    private final Map<NodeId, Duration> uptimes = new HashMap<>();
    private final Map<NodeId, Path> wallClocks = new HashMap<>();

    Clocks(LabNetwork network) {
        this.network = network;
    }

    /** What starts on {@code node} from now on reads the wall clock from {@code file}; see {@link #move}. */
    public void useWallClock(LocalNode node, Path file) throws IOException, UnusableMachineException {
        move(file, Duration.ZERO);
        wallClocks.put(node.id(), file);
        wrap(node.id());
    }

    /** What starts on {@code node} from now on reads everybody's wall clock. */
    public void useUsualWallClock(LocalNode node) throws IOException, UnusableMachineException {
        wallClocks.remove(node.id());
        wrap(node.id());
    }

    /** Within a second, whoever reads {@code file} is {@code ahead} of everybody. */
    public static void move(Path file, Duration ahead) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, "%+d%n".formatted(ahead.toSeconds()));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * For all that starts on {@code node} from now on the machine runs {@code longer} than it did for what started before. Nothing
     * must run there: agent and guard have one monotonic clock, as they do on one machine.
     */
    public void addUptime(LocalNode node, Duration longer) throws IOException, UnusableMachineException {
        uptimes.merge(node.id(), longer, Duration::plus);
        wrap(node.id());
    }

    /**
     * Whether any process of {@code node} reads a moved wall clock. All that such a process starts does too, and goes on doing so when the
     * agent has another clock again: the guard first of all.
     */
    public boolean isMoved(LocalNode node) throws IOException {
        for (long pid : node.processes().all()) {
            if (maps(pid).contains(LIBRARY)) {
                return true;
            }
        }
        return false;
    }

    private static String maps(long pid) {
        try {
            return Files.readString(PROC.resolve(Long.toString(pid)).resolve("maps"), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }

    /** Takes away what the library leaves in shared memory when its process is killed; a later one of the same id would not start. */
    void removeLeftovers() throws IOException {
        if (!Files.isDirectory(SHARED_MEMORY)) {
            return;
        }
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(SHARED_MEMORY, "{faketime_shm_,sem.faketime_sem_}*")) {
            for (Path left : found) {
                String name = String.valueOf(left.getFileName());
                String pid = name.substring(name.lastIndexOf('_') + 1);
                if (!Files.exists(PROC.resolve(pid))) {
                    Files.deleteIfExists(left);
                }
            }
        }
    }

    private void wrap(NodeId node) throws IOException, UnusableMachineException {
        List<String> wrapper = new ArrayList<>();
        Duration uptime = uptimes.get(node);
        if (uptime != null) {
            String seconds = Long.toString(uptime.toSeconds());
            wrapper.addAll(List.of("unshare", "--time", "--monotonic", seconds, "--boottime", seconds));
        }
        Path wallClock = wallClocks.get(node);
        if (wallClock != null) {
            wrapper.addAll(List.of(
                    "env",
                    "LD_PRELOAD=" + library(),
                    "FAKETIME_TIMESTAMP_FILE=" + wallClock,
                    "FAKETIME_CACHE_DURATION=1",
                    "FAKETIME_DONT_FAKE_MONOTONIC=1",
                    "DONT_FAKE_MONOTONIC=1",
                    "NO_FAKE_STAT=1"));
        }
        network.wrap(node, wrapper);
    }

    private static Path library() throws IOException, UnusableMachineException {
        try (Stream<Path> found = Files.find(
                LIBRARIES,
                4,
                (path, attributes) -> path.getFileName().toString().equals(LIBRARY))) {
            return found.findFirst()
                    .orElseThrow(() -> new UnusableMachineException("A clock is moved with " + LIBRARY
                            + ", and there is none below " + LIBRARIES + ". Install it (apt install libfaketime)."));
        }
    }
}
