package io.understudy.coordination;

import io.understudy.coordination.ratis.Leadership;
import io.understudy.coordination.ratis.MessageTooLarge;
import io.understudy.coordination.ratis.RaftNode;
import io.understudy.coordination.ratis.RaftSettings;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Report;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicated ledger, as one node uses it: reports to it, asks it, changes it, and decides for the cluster while this
 * node is Raft leader.
 *
 * <p>Thread-safe; nothing blocks but {@link #start} and {@link #close}. Listeners are called on threads of Raft and must
 * only wake somebody.
 */
public final class ClusterLedger implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClusterLedger.class);

    /** How often an operator's change is made anew when the ledger moved on meanwhile. */
    static final int MAX_TRIES = 10;

    private static final String OPERATOR = "operator";

    private final LedgerCodec codec = new LedgerCodec();
    private final long run = System.nanoTime() ^ ProcessHandle.current().pid() << 48;
    private final AtomicLong reports = new AtomicLong();
    private final AtomicReference<@Nullable ClusterState> newest = new AtomicReference<>();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<BiConsumer<Optional<Decision>, Decision>> decisionListeners =
            new CopyOnWriteArrayList<>();
    private final LedgerMachine machine;
    private final CoordinatorDrive drive;
    private final RaftNode node;
    private volatile boolean confirmed;

    /**
     * Joins the ledger's group; returns without waiting for anybody.
     *
     * @param forming the cluster's first state, used when the ledger holds none yet
     * @param clock monotonic, of this process
     * @throws IOException as {@link RaftNode#start}
     */
    public static ClusterLedger start(RaftSettings raft, ClusterState forming, Supplier<MonotonicTime> clock)
            throws IOException {
        ClusterLedger ledger = new ClusterLedger(raft, forming, clock);
        ledger.drive.start();
        return ledger;
    }

    @SuppressWarnings("this-escape")
    private ClusterLedger(RaftSettings raft, ClusterState forming, Supplier<MonotonicTime> clock) throws IOException {
        NodeId self = new NodeId(raft.self());
        machine = new LedgerMachine(self, forming, clock, codec, new Heard());
        drive = new CoordinatorDrive(self, forming, machine, clock, new Around());
        node = RaftNode.start(raft, machine);
    }

    /** The life of this node's copy of the ledger. */
    public Incarnation storage() {
        return new Incarnation(node.storageIncarnation());
    }

    /**
     * The newest state known here: applied, told by the Raft leader or answered to a report. Empty until the ledger
     * answered for the first time since the start, because a copy from before it may be far behind.
     */
    public Optional<ClusterState> state() {
        return confirmed ? lastKnown() : Optional.empty();
    }

    /** As {@link #state}, however old; empty when there is none. */
    public Optional<ClusterState> lastKnown() {
        return Optional.ofNullable(newest.get());
    }

    /** Calls {@code wake} whenever {@link #state} or {@link #leader} changed. */
    public void onChange(Runnable wake) {
        listeners.add(wake);
    }

    /** Calls {@code heard} with the last decision and the new one when another rule decides, on the Raft leader. */
    public void onDecision(BiConsumer<Optional<Decision>, Decision> heard) {
        decisionListeners.add(heard);
    }

    /**
     * Reports to the Raft leader, wherever it is; the answer is confirmed by a majority. Writes nothing to the log.
     *
     * @return fails as {@link RaftNode#query}
     */
    public CompletableFuture<Confirmed> report(Report report) {
        long known = lastKnown().map(ClusterState::version).orElse(-1L);
        byte[] question = codec.encode(new LedgerMessage.Reported(run, reports.incrementAndGet(), known, report));
        return node.query(question).thenApply(bytes -> {
            LedgerMessage.Received answer = codec.decode(bytes, LedgerMessage.Received.class);
            answer.state().ifPresent(this::offer);
            confirm();
            return new Confirmed(lastKnown().orElseThrow(), answer.renewed(), answer.vacant());
        });
    }

    /**
     * Everything the Raft leader knows, confirmed by a majority.
     *
     * @return fails as {@link RaftNode#query}
     */
    public CompletableFuture<Outlook> outlook() {
        return node.query(codec.encode(new LedgerMessage.Look())).thenApply(bytes -> {
            Outlook outlook = codec.decode(bytes, LedgerMessage.Looked.class).outlook();
            offer(outlook.state());
            return outlook;
        });
    }

    /** What this node knows as Raft leader, at once and unconfirmed; empty while another leads. */
    public Optional<Outlook> ownOutlook() {
        return machine.outlook();
    }

    /**
     * An operator's change: made for the ledger's present state, and anew when that moved on meanwhile, at most {@value
     * #MAX_TRIES} times.
     *
     * @param reason in words, kept in the ledger
     * @param commands what to do with a state; may throw {@link IllegalArgumentException} to refuse
     * @return the version that holds the change; fails with {@link LedgerRefused}, or as {@link RaftNode#propose}
     */
    public CompletableFuture<Long> change(String reason, Function<ClusterState, List<Command>> commands) {
        return change(1, reason, commands);
    }

    private CompletableFuture<Long> change(int attempt, String reason, Function<ClusterState, List<Command>> commands) {
        return outlook().thenCompose(outlook -> {
            ClusterState state = outlook.state();
            Proposal proposal = new Proposal(state.version(), commands.apply(state), OPERATOR, reason, Instant.now());
            return node.propose(codec.encode(new LedgerMessage.Change(proposal)))
                    .thenCompose(bytes -> {
                        LedgerMessage.Verdict verdict = codec.decode(bytes, LedgerMessage.Verdict.class);
                        if (verdict.refused().isEmpty()) {
                            return CompletableFuture.completedFuture(verdict.version());
                        }
                        return verdict.overtaken() && attempt < MAX_TRIES
                                ? change(attempt + 1, reason, commands)
                                : CompletableFuture.failedFuture(
                                        new LedgerRefused(verdict.refused().get()));
                    });
        });
    }

    /** Who leads the Raft group, as this node sees it. */
    public Leadership leadership() {
        return node.leadership();
    }

    /** The Raft leader, as this node sees it; empty if it knows none. */
    public Optional<NodeId> leader() {
        return node.leader().map(NodeId::new);
    }

    /** Raft term this node is in. */
    public long term() {
        return node.term();
    }

    /** Index of the last entry of the Raft log here, -1 if none. */
    public long lastLogIndex() {
        return node.lastLogIndex();
    }

    /** Index of the last entry applied here, -1 if none. */
    public long lastAppliedIndex() {
        return node.lastAppliedIndex();
    }

    /** As {@link RaftNode#stopped}. */
    public CompletableFuture<String> stopped() {
        return node.stopped();
    }

    /** As {@link RaftNode#transferLeadership}. */
    public CompletableFuture<Boolean> moveLeadership(NodeId to) {
        return node.transferLeadership(to.name());
    }

    private void offer(ClusterState state) {
        ClusterState before =
                newest.getAndUpdate(known -> known == null || known.version() < state.version() ? state : known);
        if (before == null || before.version() < state.version()) {
            changed();
        }
    }

    private void confirm() {
        if (!confirmed) {
            confirmed = true;
            changed();
        }
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    @Override
    public void close() {
        drive.close();
        node.close();
    }

    private final class Heard implements LedgerMachine.Listener {
        @Override
        public void applied(ClusterState state) {
            offer(state);
        }

        @Override
        public void told(ClusterState state) {
            offer(state);
        }

        @Override
        public void toldOfNewer(long version) {
            if (lastKnown().filter(known -> known.version() >= version).isEmpty()) {
                outlook().exceptionally(failure -> {
                    log.debug("Ledger version {} was not fetched", version, failure);
                    return null;
                });
            }
        }

        @Override
        public void leaderChanged() {
            changed();
        }

        @Override
        public void stirred() {
            drive.wake();
        }
    }

    private final class Around implements CoordinatorDrive.Outside {
        @Override
        public CompletableFuture<LedgerMessage.Verdict> proposeHere(long term, LedgerMessage entry) {
            return node.proposeHere(term, codec.encode(entry))
                    .thenApply(bytes -> codec.decode(bytes, LedgerMessage.Verdict.class));
        }

        @Override
        public CompletableFuture<Boolean> tell(NodeId peer, ClusterState state) {
            return node.tell(peer.name(), codec.encode(new LedgerMessage.State(state)))
                    .exceptionallyCompose(failure -> isTooLarge(failure)
                            ? node.tell(peer.name(), codec.encode(new LedgerMessage.Newer(state.version())))
                            : CompletableFuture.failedFuture(failure));
        }

        private static boolean isTooLarge(Throwable failure) {
            return failure instanceof MessageTooLarge
                    || failure instanceof CompletionException wrapped && wrapped.getCause() instanceof MessageTooLarge;
        }

        @Override
        public CompletableFuture<Boolean> moveLeadership(NodeId to) {
            return ClusterLedger.this.moveLeadership(to);
        }

        @Override
        public void decided(Optional<Decision> before, Decision now) {
            log.info(
                    "Decision for the cluster: {} -> {}: {}",
                    before.map(Decision::rule).orElse("none"),
                    now.rule(),
                    now.reason());
            decisionListeners.forEach(heard -> heard.accept(before, now));
        }
    }
}
