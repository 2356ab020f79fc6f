package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer's storage is emptied or replaced by an older one, by hand or by a broken disk. */
class StorageLossTest {
    private static final String NO_VOTERS = "ok []";

    @TempDir
    Path directory;

    private final Map<String, PeerProcess> running = new LinkedHashMap<>();
    private TestPeers peers = new TestPeers(Path.of(""), List.of(), RaftTimings.standard(), RaftLimits.standard());

    @BeforeEach
    void choosePorts() throws IOException {
        peers = TestPeers.of(3, directory);
    }

    @AfterEach
    void killAll() {
        running.values().forEach(PeerProcess::kill);
        running.clear();
    }

    @Test
    void aPeerWhoseStorageWasEmptiedElectsNobodyThatMissesWhatItAcknowledged() throws IOException {
        startAll();
        forgetsAndJoinsAgain(node -> Directories.deleteTree(storage(node)));
    }

    @Test
    void aNodeThatLostEverythingElectsNobodyThatMissesWhatItAcknowledged() throws IOException {
        startAll();
        forgetsAndJoinsAgain(node -> {
            Directories.deleteTree(storage(node));
            Files.delete(peers.settings(node).witness());
        });
    }

    @Test
    void aPeerWhoseStorageWasRestoredElectsNobodyThatMissesWhatItAcknowledged() throws IOException {
        startAll();
        killAll();
        for (String node : nodes()) {
            copy(storage(node), directory.resolve("backup-" + node));
        }
        startAll();
        forgetsAndJoinsAgain(node -> {
            Directories.deleteTree(storage(node));
            copy(directory.resolve("backup-" + node), storage(node));
        });
    }

    @Test
    void aNodeLostAgainAndAgainComesBackAndSoDoAllTogether() throws IOException {
        startAll();
        assertThat(ask("n1", "propose x")).startsWith("ok ");
        for (String node : nodes()) {
            for (int i = 0; i < 2; i++) {
                kill(node);
                Directories.deleteTree(storage(node));
                start(node);
                awaitLaterLife(node);
            }
        }
        for (int i = 0; i < 2; i++) {
            killAll();
            startAll();
            for (String node : nodes()) {
                Await.until("the entry is there again", () -> ask(node, "query").equals("ok x"));
            }
        }
        assertThat(ask("n1", "voters")).contains("n1~", "n2~", "n3~");
    }

    @Test
    void aNodeThatWasEmptiedTellsWhoStillHasTheLedgerFromWhatTheOthersAnswer() throws Exception {
        startAll();
        killAll();
        assertThat(holders()).isEqualTo(new LedgerHolders(List.of(), List.of("n1"), List.of("n2", "n3")));
        Directories.deleteTree(storage("n2"));
        start("n3");
        start("n2");
        assertThat(holders()).isEqualTo(new LedgerHolders(List.of("n3"), List.of("n1", "n2"), List.of()));
        start("n1");
        awaitLaterLife("n2");
        assertThat(holders()).isEqualTo(new LedgerHolders(List.of("n2", "n3"), List.of("n1"), List.of()));
    }

    /** As n1 would find it, had it lost its copy. */
    private LedgerHolders holders() throws InterruptedException {
        return LedgerHolders.of("n1", nodes(), new LifeProbe(peers.settings("n1")).askAll());
    }

    @Test
    void theFirstStartWaitsForTheLastNode() throws IOException {
        start("n1");
        start("n2");
        assertThat(ask("n1", "propose x")).startsWith("failed ").contains("NoRaftLeader");
        assertThat(ask("n1", "voters")).isEqualTo(NO_VOTERS);
        assertThat(ask("n2", "voters")).isEqualTo(NO_VOTERS);
        start("n3");
        awaitLogs();
        assertThat(ask("n1", "propose x")).startsWith("ok ");
        for (String node : nodes()) {
            assertThat(ask(node, "voters")).isEqualTo("ok [n1, n2, n3]");
        }
    }

    /** The loss that is feared: of the two that hold an entry one forgets it, and the third never had it. */
    private void forgetsAndJoinsAgain(Loss loss) throws IOException {
        String holder = leader();
        String forgetting = others(holder).getFirst();
        String lagging = others(holder).getLast();
        assertThat(ask(holder, "propose before")).startsWith("ok ");
        kill(lagging);
        assertThat(ask(holder, "propose acknowledged")).startsWith("ok ");
        kill(forgetting);
        kill(holder);
        loss.of(forgetting);

        start(lagging);
        start(forgetting);
        assertThat(ask(lagging, "propose behind")).startsWith("failed ").contains("NoRaftLeader");
        assertThat(ask(lagging, "leading")).isEqualTo("ok false");
        assertThat(ask(forgetting, "leading")).isEqualTo("ok false");

        start(holder);
        awaitLaterLife(forgetting);
        assertThat(ask(forgetting, "query")).startsWith("ok before,acknowledged");
        for (String node : nodes()) {
            Await.until("every peer knows it", () -> ask(node, "voters").contains(forgetting + "~"));
        }
        Await.until(
                "it leads",
                () -> ask(holder, "transfer " + forgetting).equals("ok true")
                        && ask(forgetting, "leading").equals("ok true"));
        assertThat(ask(lagging, "propose after")).startsWith("ok ");
        assertThat(ask(holder, "query")).startsWith("ok before,acknowledged").endsWith(",after");
    }

    private interface Loss {
        void of(String node) throws IOException;
    }

    private void awaitLaterLife(String node) {
        Await.until(node + " is taken in", () -> ask(node, "member").equals("ok true"));
        assertThat(ask(node, "voters")).contains(node + "~");
        Await.until("it is brought up to date", () -> ask(node, "query").startsWith("ok "));
    }

    private void startAll() throws IOException {
        for (String node : nodes()) {
            start(node);
        }
        awaitLogs();
    }

    private void awaitLogs() {
        Await.until(
                "every peer has a log",
                () -> running.keySet().stream()
                        .allMatch(node -> ask(node, "logged").equals("ok true")));
    }

    private void start(String node) throws IOException {
        running.put(node, PeerProcess.start(peers, node));
    }

    private void kill(String node) {
        Objects.requireNonNull(running.remove(node), node).kill();
    }

    private String leader() {
        Await.until("a peer leads", () -> running.keySet().stream().anyMatch(this::leads));
        return running.keySet().stream().filter(this::leads).findFirst().orElseThrow();
    }

    private boolean leads(String node) {
        return ask(node, "leading").equals("ok true");
    }

    private String ask(String node, String command) {
        return Await.result(Objects.requireNonNull(running.get(node), node).ask(command));
    }

    private List<String> nodes() {
        return peers.addresses().stream().map(RaftPeerAddress::node).toList();
    }

    private List<String> others(String node) {
        return nodes().stream().filter(other -> !other.equals(node)).toList();
    }

    private Path storage(String node) {
        return peers.settings(node).storage();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> entries = Files.walk(from)) {
            for (Path entry : entries.toList()) {
                Files.copy(entry, to.resolve(from.relativize(entry)));
            }
        }
    }
}
