package io.understudy.coordination.ratis;

import static io.understudy.coordination.ratis.FakeLedger.bytes;
import static io.understudy.coordination.ratis.FakeLedger.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * One peer as a process of its own, told what to do line by line: {@code propose TEXT}, {@code query}, {@code queries},
 * {@code leading}, {@code logged}, {@code member}, {@code voters}, {@code transfer NODE}, {@code bench N}. Answers each with one line. Ends with its input.
 *
 * <p>Arguments: own name, storage, the record of its life, then every peer as name, host, port.
 */
final class PeerMain {
    private PeerMain() {}

    public static void main(String[] args) throws IOException {
        List<RaftPeerAddress> peers = new ArrayList<>();
        for (int i = 3; i < args.length; i += 3) {
            peers.add(new RaftPeerAddress(args[i], args[i + 1], Integer.parseInt(args[i + 2])));
        }
        RaftSettings settings = new RaftSettings(
                "shop",
                args[0],
                peers,
                Path.of(args[1]),
                Path.of(args[2]),
                RaftTimings.standard(),
                RaftLimits.standard());
        FakeLedger ledger = new FakeLedger();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (RaftNode node = RaftNode.start(settings, ledger)) {
            System.out.println("started");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(answer(node, ledger, line.split(" ", 2)));
            }
        }
    }

    private static String answer(RaftNode node, FakeLedger ledger, String[] command) {
        String word = command.length > 1 ? command[1] : "";
        try {
            return switch (command[0]) {
                case "propose" -> "ok " + text(node.propose(bytes(word)).join());
                case "query" -> "ok " + text(node.query(bytes("?")).join());
                case "queries" -> "ok " + ledger.queries();
                case "leading" -> "ok " + (node.leadership() instanceof Leadership.Leading);
                case "logged" -> "ok " + (node.lastLogIndex() >= 0);
                case "member" -> "ok " + node.isMember();
                case "voters" -> "ok " + new TreeSet<>(node.voters());
                case "transfer" -> "ok " + node.transferLeadership(word).join();
                case "bench" -> "ok " + bench(node, Integer.parseInt(word));
                default -> throw new IllegalArgumentException("Unknown command " + command[0]);
            };
        } catch (CompletionException failure) {
            return "failed " + String.valueOf(failure.getCause()).replace('\n', ' ');
        }
    }

    private static String bench(RaftNode node, int rounds) {
        return "proposals " + median(rounds, () -> node.propose(bytes("b"))) + ", queries "
                + median(rounds, () -> node.query(bytes("?")));
    }

    private static String median(int rounds, Supplier<CompletableFuture<byte[]>> call) {
        long[] nanos = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            call.get().join();
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return String.format(
                "median %.2f ms, p99 %.2f ms, max %.2f ms",
                nanos[rounds / 2] / 1e6, nanos[rounds * 99 / 100] / 1e6, nanos[rounds - 1] / 1e6);
    }
}
