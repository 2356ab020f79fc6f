package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One peer of a small honest Raft: terms, votes behind a pre-vote, a leader that commits entries of its own term when a
 * majority has them and confirms a query only by a round sent after the query came. Terms, vote and log survive a
 * restart; what is known to be committed has to be learnt again.
 */
final class RaftPeer {

    static final long HEARTBEAT = 200 * Agenda.MS;
    static final long ELECTION = 700 * Agenda.MS;

    /** What the agent on the same node is told. */
    interface Listener {
        void becameLeader();

        void lostLeadership();

        void applied(ClusterState state);
    }

    private enum Role {
        FOLLOWER,
        CANDIDATE,
        LEADER
    }

    private record Query(long arrivedAt, Consumer<ClusterState> answer) {}

    private final World world;
    private final int self;
    private final SimulatedProcess process;
    private final Listener listener;
    // Durable.
    private long term;
    private int votedFor = -1;
    private RaftEntry tail;
    private RaftEntry snapshot;
    // Of this life.
    private Role role = Role.FOLLOWER;
    private RaftEntry committed;
    private int leader = -1;
    private long heardLeader;
    private long restedAt;
    private long patience;
    /** A bit for each: an answer may come twice. */
    private int supporters;

    private final long[] ackedSentAt;
    private final RaftEntry[] match;
    private long lastRound;
    private final List<Query> queries = new ArrayList<>();

    RaftPeer(World world, int self, SimulatedProcess process, RaftEntry first, Listener listener) {
        this.world = world;
        this.self = self;
        this.process = process;
        this.listener = listener;
        tail = first;
        snapshot = first;
        committed = first;
        ackedSentAt = new long[world.size()];
        match = new RaftEntry[world.size()];
    }

    /** The process began (again). */
    void start() {
        role = Role.FOLLOWER;
        leader = -1;
        // A restarted peer comes back with what it last saved and learns from the leader what else is committed.
        committed = snapshot;
        queries.clear();
        heardLeader = world.agenda().now();
        restedAt = heardLeader;
        tick();
    }

    ClusterState state() {
        return committed.state();
    }

    boolean leads() {
        return role == Role.LEADER;
    }

    /** Whether it may decide: it leads and has applied an entry of its own term. */
    boolean isReady() {
        return leads() && committed.term() == term;
    }

    int leader() {
        return leader;
    }

    private long now() {
        return world.agenda().now();
    }

    private int majority() {
        return world.size() / 2 + 1;
    }

    private void tick() {
        if (role == Role.LEADER) {
            if (now() - confirmedSince() > ELECTION + 300 * Agenda.MS) {
                stepDown("no majority answers");
            } else {
                round();
            }
        } else if (now() - restedAt > patience) {
            campaign(true);
        }
        process.in(role == Role.LEADER ? HEARTBEAT : HEARTBEAT / 2, this::tick);
    }

    private void rest() {
        heardLeader = now();
        waitAnew();
    }

    /** An election of one's own says nothing of a leader: others are still supported in theirs. */
    private void waitAnew() {
        restedAt = now();
        patience = world.agenda().between(ELECTION, ELECTION + 300 * Agenda.MS);
    }

    /** Asked to take over at once by the leader. */
    void takeOver() {
        if (role != Role.LEADER) {
            campaign(false);
        }
    }

    private void campaign(boolean preVote) {
        waitAnew();
        role = preVote ? Role.FOLLOWER : Role.CANDIDATE;
        supporters = 1 << self;
        if (!preVote) {
            term++;
            votedFor = self;
            leader = -1;
        }
        long asked = preVote ? term + 1 : term;
        for (int peer = 0; peer < world.size(); peer++) {
            if (peer != self) {
                RaftPeer other = world.raft(peer);
                world.network().send(self, peer, other.process, () -> other.asked(self, asked, tail, preVote));
            }
        }
    }

    private void asked(int candidate, long inTerm, RaftEntry theirs, boolean preVote) {
        if (inTerm < term) {
            tellTerm(candidate);
            return;
        }
        if (tail.isNewerThan(theirs)) {
            return;
        }
        if (preVote) {
            if (role == Role.LEADER || now() - heardLeader < ELECTION) {
                return;
            }
        } else {
            if (inTerm > term) {
                newTerm(inTerm);
            }
            if (votedFor != -1 && votedFor != candidate) {
                return;
            }
            votedFor = candidate;
            rest();
        }
        RaftPeer other = world.raft(candidate);
        world.network().send(self, candidate, other.process, () -> other.supported(self, inTerm, preVote));
    }

    private void supported(int peer, long inTerm, boolean preVote) {
        if (preVote ? inTerm != term + 1 || role != Role.FOLLOWER : inTerm != term || role != Role.CANDIDATE) {
            return;
        }
        int before = supporters;
        supporters |= 1 << peer;
        if (before == supporters || Integer.bitCount(supporters) != majority()) {
            return;
        }
        if (preVote) {
            campaign(false);
        } else {
            lead();
        }
    }

    private void lead() {
        role = Role.LEADER;
        leader = self;
        Arrays.fill(ackedSentAt, now());
        Arrays.fill(match, null);
        tail = tail.then(term);
        world.trace().note(self, "raft", "leader of term " + term);
        listener.becameLeader();
        round();
    }

    private void newTerm(long next) {
        term = next;
        votedFor = -1;
        if (role == Role.LEADER) {
            stepDown("term " + next + " began");
        }
        role = Role.FOLLOWER;
    }

    private void stepDown(String why) {
        world.trace().note(self, "raft", "no longer leader of term " + term + ": " + why);
        role = Role.FOLLOWER;
        leader = -1;
        queries.clear();
        rest();
        listener.lostLeadership();
    }

    /** Hands leadership to {@code target}. */
    void handOver(int target) {
        RaftPeer other = world.raft(target);
        world.network().send(self, target, other.process, other::takeOver);
    }

    /** Writes it to the log; whether it is ever committed shows in {@link Listener#applied}. */
    RaftEntry propose(Proposal proposal) {
        tail = tail.then(term, proposal);
        round();
        return tail;
    }

    boolean isDone(RaftEntry entry) {
        return committed.index() >= entry.index() || !leads();
    }

    /** The answer comes once a majority confirmed a round sent after now. */
    void query(Consumer<ClusterState> answer) {
        queries.add(new Query(now(), answer));
        if (now() - lastRound > 2 * Agenda.MS) {
            round();
        } else {
            process.in(2 * Agenda.MS, () -> {
                if (leads() && now() - lastRound >= 2 * Agenda.MS) {
                    round();
                }
            });
        }
    }

    private void round() {
        lastRound = now();
        long sentAt = now();
        long inTerm = term;
        RaftEntry upTo = tail;
        RaftEntry known = committed;
        for (int peer = 0; peer < world.size(); peer++) {
            if (peer != self) {
                RaftPeer other = world.raft(peer);
                world.network()
                        .send(self, peer, other.process, () -> other.appended(self, inTerm, upTo, known, sentAt));
            }
        }
    }

    private void appended(int from, long inTerm, RaftEntry upTo, RaftEntry known, long sentAt) {
        if (inTerm < term) {
            tellTerm(from);
            return;
        }
        if (inTerm > term) {
            newTerm(inTerm);
        }
        role = Role.FOLLOWER;
        leader = from;
        rest();
        if (!tail.extend(upTo)) {
            tail = upTo;
        }
        commit(known);
        RaftPeer sender = world.raft(from);
        world.network().send(self, from, sender.process, () -> sender.accepted(self, inTerm, upTo, sentAt));
    }

    /** Whoever asks in an older term is told: else two halves, each ahead of the other, could wait for ever. */
    private void tellTerm(int peer) {
        long mine = term;
        RaftPeer other = world.raft(peer);
        world.network().send(self, peer, other.process, () -> other.sawTerm(mine));
    }

    private void sawTerm(long other) {
        if (other > term) {
            newTerm(other);
        }
    }

    private void accepted(int peer, long inTerm, RaftEntry upTo, long sentAt) {
        if (role != Role.LEADER || inTerm != term) {
            return;
        }
        ackedSentAt[peer] = Math.max(ackedSentAt[peer], sentAt);
        RaftEntry before = match[peer];
        if (before == null || before.index() < upTo.index()) {
            match[peer] = upTo;
        }
        advance();
        answer();
    }

    private void advance() {
        long[] stored = new long[world.size()];
        for (int peer = 0; peer < stored.length; peer++) {
            RaftEntry has = match[peer];
            stored[peer] = peer == self ? tail.index() : has == null ? 0 : has.index();
        }
        Arrays.sort(stored);
        RaftEntry agreed = tail.at(Math.min(tail.index(), stored[stored.length - majority()]));
        if (agreed.index() > committed.index() && agreed.term() == term) {
            commit(agreed);
            round();
        }
    }

    private void commit(RaftEntry upTo) {
        if (upTo.index() <= committed.index()) {
            return;
        }
        committed = upTo;
        if (world.agenda().chance(0.2)) {
            snapshot = committed;
        }
        world.committed(self, upTo);
        listener.applied(committed.state());
    }

    /** A majority acknowledged rounds sent at this time or later. */
    private long confirmedSince() {
        long[] times = ackedSentAt.clone();
        times[self] = now();
        Arrays.sort(times);
        return times[times.length - majority()];
    }

    private void answer() {
        if (queries.isEmpty() || !isReady()) {
            return;
        }
        long confirmed = confirmedSince();
        List<Query> due =
                queries.stream().filter(query -> query.arrivedAt() <= confirmed).toList();
        queries.removeAll(due);
        due.forEach(query -> query.answer().accept(committed.state()));
    }

    Optional<ClusterState> leaderState() {
        return isReady() ? Optional.of(committed.state()) : Optional.empty();
    }
}
