package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.LifeProbe.Asked;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the group take in this peer in place of the former life of the same node. The Raft leader first brings it up to
 * date; then a majority of the old and one of the new peers agree (Raft's joint consensus, section 6 of the paper).
 * Until then this peer votes for nobody. Ratis makes one change at a time and compares with the peers that were seen.
 *
 * <p>Tried until it is done: without a Raft leader there is nobody else to ask.
 */
final class Rejoining {
    private static final Logger log = LoggerFactory.getLogger(Rejoining.class);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    private final RaftSettings settings;
    private final LocalPeer local;
    private final PeerLink link;
    private final LifeProbe probe;

    Rejoining(RaftSettings settings, LocalPeer local, PeerLink link, LifeProbe probe) {
        this.settings = settings;
        this.local = local;
        this.link = link;
        this.probe = probe;
    }

    /** Returns when this peer is a voter of the group. */
    void untilMember() throws InterruptedException {
        Duration pause = SHORTEST_PAUSE;
        Optional<Long> lastLogNanos = Optional.empty();
        while (!local.isMember()) {
            String waiting = once();
            long now = System.nanoTime();
            if (lastLogNanos.isEmpty() || now - lastLogNanos.get() > LOG_EVERY.toNanos()) {
                log.info("Raft peer {} is not taken in yet: {}", local.name(), waiting);
                lastLogNanos = Optional.of(now);
            }
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
        }
        log.info(
                "Raft peer {} is a member of the group {}",
                local.name(),
                local.voters().current());
    }

    /** One attempt; what is waited for afterwards. */
    private String once() throws InterruptedException {
        Asked asked = probe.askAll();
        Optional<LifeAnswer> leader =
                asked.answers().values().stream().filter(LifeAnswer::isLeader).findFirst();
        if (leader.isEmpty()) {
            return nobodyLeads(asked);
        }
        List<String> present = leader.get().configuration();
        if (present.contains(local.name())) {
            return "Raft leader " + leader.get().node() + " knows it; the entry that takes it in is to arrive";
        }
        String words = replaceFormer(leader.get().peer().orElseThrow(), present);
        return "Raft leader " + leader.get().node() + " was asked to bring it up to date and to replace one of "
                + present + ": " + words;
    }

    private String nobodyLeads(Asked asked) {
        LedgerHolders holders = LedgerHolders.of(
                settings.self(),
                settings.peers().stream().map(RaftPeerAddress::node).toList(),
                asked);
        return "no node that was asked leads the group; silent: " + asked.silent() + ". "
                + holders.words(settings.storage(), settings.witness());
    }

    private String replaceFormer(String leader, List<String> present) {
        List<RaftPeer> before = new ArrayList<>();
        List<RaftPeer> after = new ArrayList<>();
        for (String name : present) {
            Optional<RaftPeerAddress> address = settings.peers().stream()
                    .filter(peer -> peer.node().equals(PeerNames.node(name)))
                    .findFirst();
            if (address.isEmpty()) {
                return "it names peer " + name + ", which is none of this node's configured nodes";
            }
            before.add(LocalPeer.peer(name, address.get()));
            if (!PeerNames.node(name).equals(settings.self())) {
                after.add(LocalPeer.peer(name, address.get()));
            }
        }
        if (after.size() == before.size()) {
            return "this node has no place among them";
        }
        after.add(LocalPeer.peer(local.name(), settings.own()));
        link.learn(before);
        SetConfigurationRequest request = new SetConfigurationRequest(
                link.client(),
                RaftPeerId.valueOf(leader),
                link.group(),
                link.nextCall(),
                SetConfigurationRequest.Arguments.newBuilder()
                        .setServersInCurrentConf(before)
                        .setServersInNewConf(after)
                        .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                        .build());
        try {
            RaftClientReply reply = link.sendBlocking(request);
            return reply.isSuccess() ? "done" : String.valueOf(reply.getException());
        } catch (IOException failure) {
            return String.valueOf(failure.getMessage());
        }
    }
}
