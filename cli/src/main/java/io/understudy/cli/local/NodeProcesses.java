package io.understudy.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The processes that belong to one node. Agents and guards are known by a variable of their
 * environment, which whoever started them set; database processes by being {@code postgres} at work inside the node's
 * directory, because they write their titles over their environment; and all that these started. A shell or an editor that somebody opened
 * in the directory is none of them.
 *
 * @param supervisors agents and guards
 * @param servers database processes, first processes before their children
 */
public record NodeProcesses(Set<Long> supervisors, Set<Long> servers) {

    /** Holds the node's directory. */
    public static final String MARK = "UNDERSTUDY_DEMO_NODE";

    private static final Path PROC = Path.of("/proc");

    /** All, agents and guards first: nobody is left who would start another. */
    public Set<Long> all() {
        Set<Long> pids = new LinkedHashSet<>(supervisors);
        pids.addAll(servers);
        return pids;
    }

    public boolean isEmpty() {
        return supervisors.isEmpty() && servers.isEmpty();
    }

    /** Looks now. Processes that end meanwhile are not in it; zombies are not either. */
    public static NodeProcesses of(Path directory) throws IOException {
        Set<Long> supervisors = new LinkedHashSet<>();
        Set<Long> servers = new LinkedHashSet<>();
        Set<Long> children = new LinkedHashSet<>();
        long self = ProcessHandle.current().pid();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                long pid = Long.parseLong(entry.getFileName().toString());
                if (pid == self) {
                    continue;
                }
                if (isServer(entry, directory)) {
                    (read(entry, "cmdline").startsWith("postgres:") ? children : servers).add(pid);
                } else if (isMarked(entry, directory)) {
                    supervisors.add(pid);
                }
            }
        }
        servers.addAll(children);
        for (long supervisor : supervisors) {
            ProcessHandle.of(supervisor).stream()
                    .flatMap(ProcessHandle::descendants)
                    .map(ProcessHandle::pid)
                    .filter(pid -> !supervisors.contains(pid))
                    .forEach(servers::add);
        }
        return new NodeProcesses(supervisors, servers);
    }

    private static boolean isServer(Path process, Path directory) {
        try {
            return read(process, "comm").strip().equals("postgres")
                    && Files.readSymbolicLink(process.resolve("cwd")).startsWith(directory);
        } catch (IOException goneOrNotOurs) {
            return false;
        }
    }

    private static boolean isMarked(Path process, Path directory) {
        return ("\0" + read(process, "environ")).contains("\0" + MARK + "=" + directory + "\0");
    }

    /** Empty when the process is gone or somebody else's. */
    private static String read(Path process, String file) {
        try {
            return Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException goneOrNotOurs) {
            return "";
        }
    }
}
