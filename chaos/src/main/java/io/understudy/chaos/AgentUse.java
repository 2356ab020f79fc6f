package io.understudy.chaos;

import io.understudy.chaos.report.ChaosReport.AgentFigures;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the processes of agents and guards use, looked at while all is well. Used by one thread. */
final class AgentUse {

    private static final Path PROC = Path.of("/proc");
    private static final long BYTES_IN_KIB = 1024;
    private static final int BEGAN = 19;
    private static final String AGENT = "agent";
    private static final String GUARD = "guard";

    private final Map<Subject, Map<Life, List<Use>>> uses = new LinkedHashMap<>();

    private record Subject(String node, String program) {}

    /** One process: a number is given again to another one later. */
    private record Life(long pid, String began) {}

    private record Use(long atNanos, long residentBytes, int threads, int descriptors) {}

    /** Looks at every agent and guard now. */
    void look(List<LocalNode> nodes) throws IOException {
        for (LocalNode node : nodes) {
            List<Long> agents = node.agentPids();
            for (long pid : new TreeSet<>(node.processes().supervisors())) {
                note(node.id().name(), agents.contains(pid) ? AGENT : GUARD, pid);
            }
        }
    }

    private void note(String node, String program, long pid) throws IOException {
        uses.computeIfAbsent(new Subject(node, program), _ -> new LinkedHashMap<>())
                .computeIfAbsent(new Life(pid, began(pid)), _ -> new ArrayList<>())
                .add(use(pid));
    }

    /** In clock ticks since the machine began. */
    private static String began(long pid) throws IOException {
        String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"), StandardCharsets.ISO_8859_1);
        // The second field is the program's name in brackets and may hold anything; the beginning is the twentieth
        // after it.
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[BEGAN];
    }

    private static Use use(long pid) throws IOException {
        Path process = PROC.resolve(Long.toString(pid));
        long resident = 0;
        int threads = 0;
        for (String line : Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1)) {
            String[] words = line.split("\\s+", -1);
            switch (words[0]) {
                case "VmRSS:" -> resident = Long.parseLong(words[1]) * BYTES_IN_KIB;
                case "Threads:" -> threads = Integer.parseInt(words[1]);
                default -> {}
            }
        }
        try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
            return new Use(System.nanoTime(), resident, threads, (int) descriptors.count());
        }
    }

    List<AgentFigures> figures() {
        List<AgentFigures> figures = new ArrayList<>();
        uses.forEach((subject, processes) -> {
            List<Use> longest = processes.values().stream()
                    .max(Comparator.comparingLong(AgentUse::nanos))
                    .orElseThrow();
            Use first = longest.getFirst();
            Use last = longest.getLast();
            figures.add(new AgentFigures(
                    subject.node(),
                    subject.program(),
                    processes.size() - 1,
                    nanos(longest) / 1_000_000,
                    first.residentBytes(),
                    last.residentBytes(),
                    processes.values().stream()
                            .flatMap(List::stream)
                            .mapToLong(Use::residentBytes)
                            .max()
                            .orElse(0),
                    first.threads(),
                    last.threads(),
                    first.descriptors(),
                    last.descriptors()));
        });
        return figures;
    }

    private static long nanos(List<Use> uses) {
        return uses.getLast().atNanos() - uses.getFirst().atNanos();
    }
}
