package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftProcessesTest {
    @TempDir
    Path directory;

    private final Map<String, PeerProcess> running = new LinkedHashMap<>();
    private TestPeers peers = new TestPeers(Path.of(""), List.of(), RaftTimings.standard(), RaftLimits.standard());

    @BeforeEach
    void startAll() throws IOException {
        if (peers.addresses().isEmpty()) {
            peers = TestPeers.of(3, directory);
        }
        for (RaftPeerAddress peer : peers.addresses()) {
            running.put(peer.node(), PeerProcess.launch(peers, peer.node()));
        }
        for (PeerProcess peer : running.values()) {
            peer.awaitStarted();
        }
        // Ratis counts no vote of a peer whose log is empty once others have entries: it might be an emptied disk.
        Await.until(
                "every peer has a log",
                () -> running.keySet().stream()
                        .allMatch(node -> ask(node, "logged").equals("ok true")));
    }

    @AfterEach
    void killAll() {
        running.values().forEach(PeerProcess::kill);
        running.clear();
    }

    @Test
    void whatWasAcknowledgedSurvivesKillingAllPeersAtOnce() throws IOException {
        StringBuilder acknowledged = new StringBuilder();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 20; i++) {
                String text = "r" + round + "-" + i;
                assertThat(ask("n" + (1 + i % 3), "propose " + text)).startsWith("ok ");
                acknowledged.append(acknowledged.isEmpty() ? "" : ",").append(text);
            }
            killAll();
            startAll();
            for (String node : running.keySet()) {
                assertThat(ask(node, "query")).isEqualTo("ok " + acknowledged);
            }
        }
    }

    @Test
    void aLeaderWhoseFollowersAreStoppedAnswersNoQueryUntilTheyGoOn() {
        String leader = leader();
        assertThat(ask(leader, "propose x")).startsWith("ok ");
        for (int i = 0; i < 20; i++) {
            // A read at an index that was confirmed before is where Ratis' own check asks nobody.
            assertThat(ask(leader, "query")).isEqualTo("ok x");
        }
        String answered = ask(leader, "queries");
        running.forEach((node, peer) -> {
            if (!node.equals(leader)) {
                peer.stop();
            }
        });
        assertThat(ask(leader, "query")).startsWith("failed ").contains("NoRaftLeader");
        assertThat(ask(leader, "queries")).isEqualTo(answered);
        running.values().forEach(PeerProcess::resume);
        assertThat(ask(leader, "query")).isEqualTo("ok x");
    }

    @Test
    void aStoppedLeaderIsReplacedAndAnswersNothingOfItsTermWhenItGoesOn() {
        String old = leader();
        assertThat(ask(old, "propose x")).startsWith("ok ");
        PeerProcess stopped = peer(old);
        stopped.stop();
        String other = old.equals("n1") ? "n2" : "n1";
        assertThat(ask(other, "propose y")).startsWith("ok ");
        CompletableFuture<String> late = stopped.ask("query");
        stopped.resume();
        assertThat(Await.result(late)).isEqualTo("ok x,y");
    }

    @Test
    void aKilledLeaderIsReplacedAndComesBackAsAFollower() throws IOException {
        String old = leader();
        assertThat(ask(old, "propose x")).startsWith("ok ");
        peer(old).kill();
        String other = old.equals("n1") ? "n2" : "n1";
        long start = System.nanoTime();
        assertThat(ask(other, "propose y")).startsWith("ok ");
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertThat(millis).as("milliseconds until another leader commits").isLessThan(3_000);
        running.put(old, PeerProcess.start(peers, old));
        assertThat(ask(old, "query")).isEqualTo("ok x,y");
    }

    private String leader() {
        Await.until("a peer leads", () -> running.keySet().stream().anyMatch(this::leads));
        return running.keySet().stream().filter(this::leads).findFirst().orElseThrow();
    }

    private boolean leads(String node) {
        return ask(node, "leading").equals("ok true");
    }

    private String ask(String node, String command) {
        return Await.result(peer(node).ask(command));
    }

    private PeerProcess peer(String node) {
        return Objects.requireNonNull(running.get(node), node);
    }
}
