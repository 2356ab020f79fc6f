package io.understudy.coordination;

import io.understudy.coordination.ratis.Leadership;
import io.understudy.coordination.ratis.ReplicatedMachine;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Lookout;
import io.understudy.core.coordinator.Report;
import io.understudy.core.coordinator.Sightings;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * One copy of the ledger: the replicated {@link ClusterState}, and, while this node is Raft leader, what the agents report.
 *
 * <p>Raft calls in on its own threads, one at a time; everything else only takes copies. A restart or the loss of Raft
 * leadership loses the reports and nothing else.
 */
final class LedgerMachine implements ReplicatedMachine {

    /** What is told to the outside. Called inside Raft: must only wake somebody. */
    interface Listener {
        /** This copy has applied {@code state}. */
        void applied(ClusterState state);

        /** The Raft leader has applied {@code state}. */
        void told(ClusterState state);

        /** The Raft leader has a newer state than it could send. */
        void toldOfNewer(long version);

        /** Another node leads, or none, or this one. */
        void leaderChanged();

        /** Something happened that is worth deciding on. */
        void stirred();
    }

    /** A leader's view: {@code state} is empty before the cluster was formed. */
    record Watch(long term, Optional<ClusterState> state, Sightings seen) {}

    /** Soft state of one leadership. */
    private static final class Term {
        private final long term;
        private final Lookout lookout;
        private final LagHistory lag = new LagHistory();
        private final Map<NodeId, LedgerMessage.Reported> last = new HashMap<>();
        private Optional<Decision> decision = Optional.empty();

        private Term(long term, Lookout lookout) {
            this.term = term;
            this.lookout = lookout;
        }
    }

    private final NodeId self;
    private final ClusterState unformed;
    private final Supplier<MonotonicTime> clock;
    private final LedgerCodec codec;
    private final Listener listener;
    private Optional<ClusterState> state = Optional.empty();
    private Optional<Term> leading = Optional.empty();

    /** @param unformed stands in for the state until the cluster is formed */
    LedgerMachine(
            NodeId self, ClusterState unformed, Supplier<MonotonicTime> clock, LedgerCodec codec, Listener listener) {
        this.self = self;
        this.unformed = unformed;
        this.clock = clock;
        this.codec = codec;
        this.listener = listener;
    }

    @Override
    public synchronized byte[] apply(long term, byte[] proposal) {
        return codec.encode(
                switch (codec.decode(proposal)) {
                    case LedgerMessage.Form form -> form(form.state());
                    case LedgerMessage.Change change -> change(change.proposal());
                    case LedgerMessage other ->
                        throw new IllegalArgumentException(
                                other.getClass().getSimpleName() + " is no log entry: expected Form or Change");
                });
    }

    private LedgerMessage.Verdict form(ClusterState first) {
        if (state.isPresent()) {
            return new LedgerMessage.Verdict(
                    state.get().version(), Optional.of("cluster " + state.get().name() + " is formed already"), true);
        }
        accept(first);
        return new LedgerMessage.Verdict(first.version(), Optional.empty(), false);
    }

    private LedgerMessage.Verdict change(Proposal proposal) {
        if (state.isEmpty()) {
            return new LedgerMessage.Verdict(-1, Optional.of("the cluster is not formed yet"), true);
        }
        ClusterState before = state.get();
        return switch (Ledger.apply(before, proposal)) {
            case Ledger.Result.Accepted accepted -> {
                accept(accepted.state());
                yield new LedgerMessage.Verdict(accepted.state().version(), Optional.empty(), false);
            }
            case Ledger.Result.Refused refused ->
                new LedgerMessage.Verdict(
                        before.version(), Optional.of(refused.reason()), proposal.version() != before.version());
        };
    }

    private void accept(ClusterState next) {
        Epoch before = state.map(ClusterState::epoch).orElse(Epoch.NONE);
        state = Optional.of(next);
        leading.ifPresent(term -> {
            term.lookout.applied(next, clock.get());
            if (!next.epoch().equals(before)) {
                term.lag.forget();
            }
        });
        listener.applied(next);
        listener.stirred();
    }

    @Override
    public synchronized Heard hear(byte[] request) {
        Term term = leading.orElseThrow(() -> new IllegalStateException("this node does not lead the ledger"));
        ClusterState now = formed();
        LedgerMessage question = codec.decode(request);
        boolean patient = false;
        if (question instanceof LedgerMessage.Reported reported) {
            patient = canWait(term, now, reported);
            heard(term, now, reported);
        }
        return new Heard(() -> answer(question), patient);
    }

    /**
     * A report whose answer nobody waits for: as it arrives no lease and no Grant hangs on it, the sender knows the newest
     * state, and this leadership heard it say the same before, in another report: one that is sent again was not answered. Its
     * answer may come with the primary's next one.
     */
    private static boolean canWait(Term term, ClusterState now, LedgerMessage.Reported reported) {
        LedgerMessage.Reported last = term.last.get(reported.report().node());
        return now.isOpen()
                && now.switchover().isEmpty()
                && reported.known() == now.version()
                && last != null
                && last.run() == reported.run()
                && last.number() < reported.number()
                && last.report().equals(reported.report())
                && now.running()
                        .filter(held -> isHolder(held, reported.report()))
                        .isEmpty();
    }

    private synchronized byte[] answer(LedgerMessage question) {
        Term term = leading.orElseThrow(() -> new IllegalStateException("this node does not lead the ledger"));
        ClusterState now = formed();
        return codec.encode(
                switch (question) {
                    case LedgerMessage.Reported reported -> received(term, now, reported);
                    case LedgerMessage.Look look -> new LedgerMessage.Looked(outlook(term, now));
                    case LedgerMessage other ->
                        throw new IllegalArgumentException(
                                other.getClass().getSimpleName() + " is no query: expected Reported or Look");
                });
    }

    private ClusterState formed() {
        return state.orElseThrow(() -> new IllegalStateException("the cluster is not formed yet"));
    }

    /**
     * What a report says is looked at as soon as it is there: whatever is decided on it is confirmed by being committed.
     * One that is older than another of its node is dropped.
     */
    private void heard(Term term, ClusterState now, LedgerMessage.Reported reported) {
        if (!isNewest(term, reported)) {
            return;
        }
        LedgerMessage.Reported last = term.last.put(reported.report().node(), reported);
        MonotonicTime at = clock.get();
        term.lookout.received(reported.report(), now, at);
        if (now.running().filter(held -> isHolder(held, reported.report())).isPresent()
                && reported.report().seen().server() instanceof Server.Primary primary) {
            term.lag.primaryAt(primary.position(), at);
        }
        boolean same = last != null && last.report().equals(reported.report());
        if (!same || !now.isOpen()) {
            // While a primary is open, what only says the same again can wait until time is looked at.
            listener.stirred();
        }
    }

    private static boolean isNewest(Term term, LedgerMessage.Reported reported) {
        LedgerMessage.Reported last = term.last.get(reported.report().node());
        return last == null || last.run() != reported.run() || last.number() < reported.number();
    }

    /** Answers a report that was heard by the same leadership, unless a newer one came meanwhile. */
    private LedgerMessage.Received received(Term term, ClusterState now, LedgerMessage.Reported reported) {
        LedgerMessage.Reported last = term.last.get(reported.report().node());
        boolean counts = last != null && last.run() == reported.run() && last.number() == reported.number();
        Optional<Epoch> renewed = now.running()
                .filter(held -> counts && isHolder(held, reported.report()))
                .map(Tenure::epoch);
        renewed.ifPresent(epoch -> term.lookout.renewed(clock.get()));
        return new LedgerMessage.Received(
                now.version(),
                reported.known() == now.version() ? Optional.empty() : Optional.of(now),
                renewed,
                counts && now.running().isEmpty() ? Optional.of(now.epoch().next()) : Optional.empty());
    }

    /** As {@link Lookout#received} judges it. */
    private static boolean isHolder(Tenure held, Report report) {
        return held.isOf(report.node(), report.incarnation());
    }

    private Outlook outlook(Term term, ClusterState of) {
        MonotonicTime now = clock.get();
        Sightings seen = term.lookout.sightings();
        Map<NodeId, Duration> lag = new TreeMap<>();
        seen.reports().forEach((node, sighting) -> {
            if (sighting.report().seen().server() instanceof Server.Standby standby) {
                term.lag.behind(standby.replayed(), now).ifPresent(behind -> lag.put(node, behind));
            }
        });
        return new Outlook(self, term.term, of, seen, now, term.decision, lag);
    }

    @Override
    public synchronized byte[] snapshot() {
        return codec.encode(new LedgerMessage.Snapshot(state));
    }

    @Override
    public synchronized void restore(byte[] snapshot) {
        state = Optional.empty();
        codec.decode(snapshot, LedgerMessage.Snapshot.class).state().ifPresent(this::accept);
    }

    @Override
    public synchronized void leadership(Leadership now) {
        leading = now instanceof Leadership.Leading lead
                ? Optional.of(new Term(lead.term(), new Lookout(state.orElse(unformed), clock.get())))
                : Optional.empty();
        listener.leaderChanged();
        listener.stirred();
    }

    @Override
    public void told(byte[] message) {
        switch (codec.decode(message)) {
            case LedgerMessage.State newer -> listener.told(newer.state());
            case LedgerMessage.Newer newer -> listener.toldOfNewer(newer.version());
            case LedgerMessage other ->
                throw new IllegalArgumentException(
                        other.getClass().getSimpleName() + " is not told unasked: expected State or Newer");
        }
    }

    /** What to decide on; empty while another node leads. */
    synchronized Optional<Watch> watch() {
        return leading.map(term -> new Watch(term.term, state, term.lookout.sightings()));
    }

    /** Keeps the last decision of the leadership of {@code term} for whoever looks. */
    synchronized void decided(long term, Decision decision) {
        leading.filter(current -> current.term == term).ifPresent(current -> current.decision = Optional.of(decision));
    }

    /** What this node knows as Raft leader, unconfirmed; empty while another leads or the cluster is not formed. */
    synchronized Optional<Outlook> outlook() {
        return leading.flatMap(term -> state.map(formed -> outlook(term, formed)));
    }
}
