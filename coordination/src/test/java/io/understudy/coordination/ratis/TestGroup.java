package io.understudy.coordination.ratis;

import static io.understudy.coordination.ratis.FakeLedger.bytes;
import static io.understudy.coordination.ratis.FakeLedger.text;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A Raft group inside this JVM, every peer on its own port and storage. */
final class TestGroup implements AutoCloseable {
    record Member(RaftNode node, FakeLedger ledger) {}

    final TestPeers peers;
    final Map<String, Member> running = new LinkedHashMap<>();

    TestGroup(TestPeers peers) throws IOException {
        this.peers = peers;
        startAll();
    }

    void startAll() throws IOException {
        for (RaftPeerAddress peer : peers.addresses()) {
            start(peer.node());
        }
    }

    Member start(String name) throws IOException {
        FakeLedger ledger = new FakeLedger();
        Member member = new Member(RaftNode.start(peers.settings(name), ledger), ledger);
        running.put(name, member);
        return member;
    }

    Member member(String name) {
        return Objects.requireNonNull(running.get(name), name);
    }

    void stop(String name) {
        Member member = running.remove(name);
        if (member != null) {
            member.node().close();
        }
    }

    /** The member that leads and was told so. */
    Member leader() {
        Await.until("a peer leads", () -> running.values().stream().anyMatch(TestGroup::leads));
        return running.values().stream().filter(TestGroup::leads).findFirst().orElseThrow();
    }

    Member follower() {
        Member leader = leader();
        return running.values().stream()
                .filter(member -> member != leader)
                .findFirst()
                .orElseThrow();
    }

    static boolean leads(Member member) {
        return !member.ledger().told.isEmpty()
                && member.ledger().told.getLast() instanceof Leadership.Leading
                && member.node().leadership() instanceof Leadership.Leading;
    }

    String propose(Member member, String words) {
        return text(Await.result(member.node().propose(bytes(words))));
    }

    String query(Member member) {
        return text(Await.result(member.node().query(bytes("?"))));
    }

    String name(Member member) {
        return running.entrySet().stream()
                .filter(entry -> entry.getValue() == member)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    @Override
    public void close() {
        running.values().parallelStream().forEach(member -> member.node().close());
        running.clear();
    }
}
