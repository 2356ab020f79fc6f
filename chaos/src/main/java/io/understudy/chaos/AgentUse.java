package io.understudy.chaos;

import io.understudy.chaos.report.ChaosReport.AgentFigures;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the agents' processes use, looked at while all is well. Used by one thread. */
final class AgentUse {

    private static final Path PROC = Path.of("/proc");
    private static final long BYTES_IN_KIB = 1024;

    private final Map<LocalNode, List<Use>> uses = new HashMap<>();

    private record Use(long pid, long residentBytes, int threads, int descriptors) {}

    /** Looks at every agent now. */
    void look(List<LocalNode> nodes) throws IOException {
        for (LocalNode node : nodes) {
            for (long pid : node.agentPids()) {
                uses.computeIfAbsent(node, first -> new ArrayList<>()).add(use(pid));
            }
        }
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
            return new Use(pid, resident, threads, (int) descriptors.count());
        }
    }

    List<AgentFigures> figures(List<LocalNode> nodes) {
        List<AgentFigures> figures = new ArrayList<>();
        for (LocalNode node : nodes) {
            List<Use> seen = uses.getOrDefault(node, List.of());
            if (!seen.isEmpty()) {
                Use first = seen.getFirst();
                Use last = seen.getLast();
                figures.add(new AgentFigures(
                        node.id().name(),
                        (int) seen.stream().map(Use::pid).distinct().count() - 1,
                        first.residentBytes(),
                        last.residentBytes(),
                        first.threads(),
                        last.threads(),
                        first.descriptors(),
                        last.descriptors()));
            }
        }
        return figures;
    }
}
