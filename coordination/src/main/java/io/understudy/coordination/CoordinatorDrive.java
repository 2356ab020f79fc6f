package io.understudy.coordination;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Coordinator;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.LeadershipPlacement;
import io.understudy.core.coordinator.Sightings;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs {@link Coordinator} while this node is Raft leader: after every report that says something new, every new state and
 * every tick. One thread, one proposal at a time. Also sends every new state to the other nodes, and Raft leadership to where
 * it belongs.
 */
final class CoordinatorDrive implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CoordinatorDrive.class);

    /** Rules that wait for time to pass are looked at this often, once there may be something to wait for. */
    static final Duration TICK = Duration.ofMillis(25);

    /** While a primary is open, every node reports and nothing is to be done; news is looked at when it comes. */
    static final Duration QUIET_TICK = Duration.ofMillis(250);

    /** A node that was heard later than this reports as it should. */
    static final Duration HEARD = Duration.ofMillis(700);

    /** After a proposal that could not be made. */
    static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

    /** Between two attempts to move Raft leadership. */
    static final Duration PAUSE_BETWEEN_MOVES = Duration.ofSeconds(3);

    /** Exit status of an agent that ended itself because it could not go on. */
    static final int HALTED = 70;

    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(2);

    /** What it does to the outside. Nothing here may block. */
    interface Outside {
        CompletableFuture<LedgerMessage.Verdict> proposeHere(long term, LedgerMessage entry);

        CompletableFuture<Boolean> tell(NodeId peer, ClusterState state);

        CompletableFuture<Boolean> moveLeadership(NodeId to);

        /** Another rule decided than before. */
        void decided(Optional<Decision> before, Decision now);
    }

    private final NodeId self;
    private final ClusterState forming;
    private final LedgerMachine machine;
    private final Supplier<MonotonicTime> clock;
    private final Outside outside;
    private final BlockingQueue<Boolean> wakes = new ArrayBlockingQueue<>(1);
    private final Map<NodeId, CompletableFuture<Boolean>> telling = new ConcurrentHashMap<>();
    private final Map<NodeId, Long> told = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closing;
    private CompletableFuture<?> proposing = CompletableFuture.completedFuture(null);
    private volatile MonotonicTime notBefore;
    private MonotonicTime lastMove;
    private long term = -1;
    private Optional<Decision> last = Optional.empty();

    /** @param forming the first state, should the ledger have none */
    CoordinatorDrive(
            NodeId self, ClusterState forming, LedgerMachine machine, Supplier<MonotonicTime> clock, Outside outside) {
        this.self = self;
        this.forming = forming;
        this.machine = machine;
        this.clock = clock;
        this.outside = outside;
        notBefore = clock.get();
        lastMove = clock.get();
        thread = Thread.ofPlatform().daemon().name("coordinator-" + self).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void wake() {
        wakes.offer(true);
    }

    private void run() {
        Duration pause = IDLE;
        while (!closing) {
            try {
                wakes.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
                pause = turn();
            } catch (InterruptedException closed) {
                return;
            } catch (RuntimeException failure) {
                log.error("Deciding for the cluster failed; it is tried again", failure);
                pause = PAUSE_AFTER_FAILURE;
            } catch (Error fatal) {
                // A Raft leader that answers and no longer decides would keep a failover from happening.
                log.error("Deciding for the cluster ended for good; this agent ends with it", fatal);
                Runtime.getRuntime().halt(HALTED);
            }
        }
    }

    private Duration turn() {
        Optional<LedgerMachine.Watch> watch = machine.watch();
        if (watch.isEmpty()) {
            last = Optional.empty();
            return IDLE;
        }
        if (watch.get().term() != term) {
            term = watch.get().term();
            last = Optional.empty();
            told.clear();
        }
        if (watch.get().state().isEmpty()) {
            propose(new LedgerMessage.Form(forming));
            return TICK;
        }
        ClusterState state = watch.get().state().get();
        tellOthers(state);
        decide(state, watch.get());
        placeLeadership(state, watch.get());
        return isQuiet(state, watch.get().seen()) ? QUIET_TICK : TICK;
    }

    private boolean isQuiet(ClusterState state, Sightings seen) {
        MonotonicTime now = clock.get();
        return state.isOpen()
                && state.switchover().isEmpty()
                && !state.inSync().isJoint()
                && last.filter(decision -> decision.commands().isEmpty()).isPresent()
                && state.nodes().stream()
                        .allMatch(node -> Optional.ofNullable(seen.reports().get(node))
                                .filter(sighting -> now.since(sighting.at()).compareTo(HEARD) < 0)
                                .isPresent());
    }

    private void decide(ClusterState state, LedgerMachine.Watch watch) {
        Decision decision = Coordinator.decide(state, watch.seen(), clock.get());
        machine.decided(term, decision);
        if (last.filter(before -> before.rule().equals(decision.rule())).isEmpty()) {
            outside.decided(last, decision);
        }
        last = Optional.of(decision);
        if (!decision.commands().isEmpty()) {
            propose(new LedgerMessage.Change(new Proposal(
                    state.version(), decision.commands(), decision.rule(), decision.reason(), Instant.now())));
        }
    }

    private void propose(LedgerMessage entry) {
        if (!proposing.isDone() || clock.get().isBefore(notBefore)) {
            return;
        }
        proposing = outside.proposeHere(term, entry).whenComplete((verdict, failure) -> {
            if (failure != null) {
                notBefore = clock.get().plus(PAUSE_AFTER_FAILURE);
                log.warn("The ledger did not take a decision: {}", failure.toString());
            } else if (verdict.refused().isPresent() && !verdict.overtaken()) {
                notBefore = clock.get().plus(PAUSE_AFTER_FAILURE);
                log.error(
                        "The ledger refused a decision of this node: {}",
                        verdict.refused().get());
            }
            wake();
        });
    }

    private void tellOthers(ClusterState state) {
        for (NodeId peer : state.nodes()) {
            CompletableFuture<Boolean> underWay = telling.get(peer);
            if (peer.equals(self)
                    || underWay != null && !underWay.isDone()
                    || told.getOrDefault(peer, -1L) >= state.version()) {
                continue;
            }
            told.put(peer, state.version());
            telling.put(peer, outside.tell(peer, state).whenComplete((done, failure) -> {
                if (failure != null) {
                    log.debug("Node {} was not told of ledger version {}", peer, state.version(), failure);
                }
                wake();
            }));
        }
    }

    private void placeLeadership(ClusterState state, LedgerMachine.Watch watch) {
        MonotonicTime now = clock.get();
        if (now.since(lastMove).compareTo(PAUSE_BETWEEN_MOVES) < 0) {
            return;
        }
        LeadershipPlacement.better(state, watch.seen(), self, now).ifPresent(to -> {
            lastMove = now;
            log.info("Raft leadership is moved from {} to {}, away from the primary", self, to);
            outside.moveLeadership(to);
        });
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(LONGEST_STOP);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
