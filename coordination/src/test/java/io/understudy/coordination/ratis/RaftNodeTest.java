package io.understudy.coordination.ratis;

import static io.understudy.coordination.ratis.FakeLedger.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.coordination.ratis.TestGroup.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftNodeTest {
    @TempDir
    Path directory;

    @Test
    void aProposalFromAnyPeerIsAppliedOnceOnEveryPeer() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            List<String> expected = new ArrayList<>();
            for (Member member : List.copyOf(group.running.values())) {
                String text = "from-" + group.name(member);
                assertThat(group.propose(member, text)).startsWith((expected.size() + 1) + " in term ");
                expected.add(text);
            }
            for (Member member : group.running.values()) {
                Await.until(
                        "every peer has applied all",
                        () -> member.ledger().texts().equals(expected));
            }
        }
    }

    @Test
    void queriesSeeWhatWasAcknowledgedBeforeThemAndWriteNothing() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            Member leader = group.leader();
            Member follower = group.follower();
            for (int i = 0; i < 50; i++) {
                group.propose(i % 2 == 0 ? leader : follower, "x" + i);
                assertThat(group.query(i % 2 == 0 ? follower : leader)).endsWith("x" + i);
            }
            // Ratis appends an entry of its own about the commit index after the last proposal.
            Await.until("the log is quiet", () -> quiet(leader.node()));
            long index = leader.node().lastLogIndex();
            long answered = leader.ledger().queries();
            List<CompletableFuture<byte[]>> together = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                group.query(i % 2 == 0 ? follower : leader);
            }
            for (int i = 0; i < 100; i++) {
                together.add(leader.node().query(bytes("?")));
            }
            together.forEach(Await::result);
            assertThat(leader.ledger().queries()).isEqualTo(answered + 600);
            Await.until(
                    "nothing is kept of a call that was answered",
                    () -> leader.node().callsUnderWay() == 0);
            assertThat(leader.node().lastLogIndex()).isEqualTo(index);
            assertThat(follower.ledger().queries()).isZero();
        }
    }

    @Test
    void aQueryThatCanWaitIsAnsweredWithAnotherOrByItself() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            Member leader = group.leader();
            group.propose(group.follower(), "x");
            CompletableFuture<byte[]> patient = group.follower().node().query(bytes(FakeLedger.PATIENT));
            assertThat(group.query(leader)).isEqualTo("x");
            assertThat(Await.result(patient)).asString().isEqualTo("x");
            assertThat(Await.result(leader.node().query(bytes(FakeLedger.PATIENT))))
                    .asString()
                    .isEqualTo("x");
        }
    }

    private static boolean quiet(RaftNode node) {
        long before = node.lastLogIndex();
        Await.result(CompletableFuture.supplyAsync(
                () -> before, CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS)));
        return node.lastLogIndex() == before && node.lastAppliedIndex() == before;
    }

    @Test
    void whatTheMachineRefusesFailsAtTheProposerInItsOwnWords() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            for (Member member : List.of(group.leader(), group.follower())) {
                assertThatThrownBy(() -> group.propose(member, FakeLedger.REFUSED))
                        .hasCauseInstanceOf(ProposalFailed.class)
                        .hasMessageContaining("this machine refuses 'refuse'");
            }
            assertThat(group.propose(group.leader(), "fine")).startsWith("1 in term ");
        }
    }

    @Test
    void leadershipIsTransferredAndEveryMachineIsTold() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            Member old = group.leader();
            Member next = group.follower();
            String to = group.name(next);
            assertThat(Await.result(old.node().transferLeadership(to))).isTrue();
            Await.until("the new leader was told", () -> TestGroup.leads(next));
            for (Member member : group.running.values()) {
                if (member != next) {
                    Await.until(
                            "followers were told",
                            () -> member.ledger().told.getLast() instanceof Leadership.Following following
                                    && following.leader().equals(to));
                }
                assertThat(member.node().leader()).contains(to);
            }
            group.propose(old, "after");
            Member back = old;
            // Asked at a follower, the request goes to the leader.
            assertThat(Await.result(back.node().transferLeadership(group.name(back))))
                    .isTrue();
            Await.until("leadership came back", () -> TestGroup.leads(back));
        }
    }

    @Test
    void aProposalForATermHasNoEffectInAnother() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            Member leader = group.leader();
            Member follower = group.follower();
            long term = leader.node().term();
            assertThat(Await.result(leader.node().proposeHere(term, bytes("a"))))
                    .isNotEmpty();
            for (Member member : List.of(leader, follower)) {
                long wrong = member == leader ? term - 1 : term;
                assertThatThrownBy(() -> Await.result(member.node().proposeHere(wrong, bytes("b"))))
                        .hasCauseInstanceOf(NotRaftLeader.class);
            }
            MachineHost host =
                    new MachineHost(new FakeLedger(), RaftLimits.standard(), () -> new Leadership.Leaderless(1));
            assertThat(Envelope.outcome(host.apply(7, Envelope.proposal(6, bytes("late")))))
                    .isEqualTo(Envelope.Outcome.OTHER_TERM);
            assertThat(Envelope.outcome(host.apply(7, Envelope.proposal(7, bytes("in time")))))
                    .isEqualTo(Envelope.Outcome.DONE);
        }
    }

    @Test
    void allPeersStoppedAtOnceComeBackWithTheSameState() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            group.propose(group.leader(), "one");
            group.propose(group.follower(), "two");
            String incarnation = group.member("n1").node().storageIncarnation();
            for (String name : List.of("n1", "n2", "n3")) {
                group.stop(name);
            }
            group.startAll();
            assertThat(group.query(group.leader())).isEqualTo("one,two");
            assertThat(group.leader().ledger().texts()).containsExactly("one", "two");
            assertThat(group.member("n1").node().storageIncarnation()).isEqualTo(incarnation);
        }
    }

    @Test
    void aPeerAwayForLongerThanTheLogReachesGetsASnapshot() throws IOException {
        RaftLimits small = new RaftLimits(4 * 1024, 1024 * 1024, 100, 8 * 1024);
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory, small))) {
            group.leader();
            Member away = group.follower();
            String name = group.name(away);
            group.stop(name);
            Member leader = group.leader();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                expected.add("entry-" + i + "-" + "x".repeat(40));
                group.propose(leader, expected.getLast());
            }
            Member back = group.start(name);
            Await.until("the peer caught up", () -> back.ledger().texts().equals(expected));
            assertThat(back.ledger().restored).as("snapshots restored").isPositive();
            group.propose(leader, "after");
            Await.until("the peer follows", () -> back.ledger().texts().contains("after"));
        }
    }

    @Test
    void aPeerThatForgotMoreThanTheLogReachesIsTakenInWithASnapshot() throws IOException {
        RaftLimits small = new RaftLimits(4 * 1024, 1024 * 1024, 100, 8 * 1024);
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory, small))) {
            Member leader = group.leader();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                expected.add("entry-" + i + "-" + "x".repeat(40));
                group.propose(leader, expected.getLast());
            }
            String name = group.name(group.follower());
            String former = group.member(name).node().storageIncarnation();
            group.stop(name);
            Directories.deleteTree(group.peers.settings(name).storage());
            Member back = group.start(name);
            Await.until("the peer caught up", () -> back.ledger().texts().equals(expected));
            assertThat(back.ledger().restored).as("snapshots restored").isPositive();
            String later = PeerNames.later(name, back.node().storageIncarnation());
            assertThat(back.node().storageIncarnation()).isNotEqualTo(former);
            for (Member member : group.running.values()) {
                Await.until(
                        "every peer counts the new one and not the former",
                        () -> member.node().voters().contains(later)
                                && !member.node().voters().contains(name));
            }
            // It counts as a voter before it has begun to take messages, and refuses them until then.
            Await.until(
                    "the new peer takes a message",
                    () -> Await.result(leader.node()
                            .tell(name, bytes("there is news"))
                            .handle((taken, refused) -> refused == null && taken)));
        }
    }

    @Test
    void aLeaderAloneIsToldAndCallsFailAtTheirDeadlineInPlainWords() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            group.propose(group.leader(), "x");
            Member leader = group.leader();
            for (String name : List.copyOf(group.running.keySet())) {
                if (group.member(name) != leader) {
                    group.stop(name);
                }
            }
            long start = System.nanoTime();
            CompletableFuture<byte[]> query = leader.node().query(bytes("?"));
            CompletableFuture<byte[]> proposal = leader.node().propose(bytes("y"));
            Await.until("the leader was told", () -> leader.ledger().told.getLast() instanceof Leadership.Leaderless);
            assertThatThrownBy(() -> Await.result(query))
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(NoRaftLeader.class)
                    .hasMessageContaining("No Raft leader answered node");
            assertThatThrownBy(() -> Await.result(proposal)).hasCauseInstanceOf(NoRaftLeader.class);
            Duration waited = Duration.ofNanos(System.nanoTime() - start);
            assertThat(waited).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(7));
            assertThat(leader.ledger().queries()).isZero();
        }
    }

    @Test
    void whatIsTooLargeIsNotSent() throws IOException {
        RaftLimits small = new RaftLimits(100, 200, 1000, 64 * 1024);
        try (TestGroup group = new TestGroup(TestPeers.of(1, directory, small))) {
            Member alone = group.leader();
            assertThatThrownBy(() -> group.propose(alone, "x".repeat(101)))
                    .hasCauseInstanceOf(MessageTooLarge.class)
                    .hasMessageContaining("101 bytes, expected at most 100");
            for (int i = 0; i < 3; i++) {
                group.propose(alone, "x".repeat(100));
            }
            assertThatThrownBy(() -> group.query(alone)).hasCauseInstanceOf(MessageTooLarge.class);
        }
    }

    @Test
    void aMessageToOnePeerReachesItsMachineAndNoOther() throws IOException {
        try (TestGroup group = new TestGroup(TestPeers.of(3, directory))) {
            Member leader = group.leader();
            Member follower = group.follower();
            group.propose(leader, "x");
            Await.until("the peer follows", () -> follower.ledger().texts().contains("x"));
            assertThat(Await.result(leader.node().tell(group.name(follower), bytes("there is news"))))
                    .isTrue();
            Await.until("it arrived", () -> follower.ledger().heard.equals(List.of("there is news")));
            assertThat(group.running.values().stream()
                            .filter(member -> !member.ledger().heard.isEmpty()))
                    .containsExactly(follower);
        }
    }

    @Test
    void aClosedNodeSaysSo() throws IOException {
        TestGroup group = new TestGroup(TestPeers.of(1, directory));
        Member alone = group.leader();
        group.close();
        assertThatThrownBy(() -> group.propose(alone, "x")).hasCauseInstanceOf(RaftNodeStopped.class);
        assertThat(alone.node().stopped()).isCompleted();
    }
}
