package io.understudy.agent;

import io.understudy.coordination.Confirmed;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.coordinator.Report;
import io.understudy.engines.Engine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tells the Raft leader what the loop last saw, every {@link #RENEWAL} and at once when something material changed, and
 * extends this node's lease by the answers. Turns are taken by one thread; answers come on others.
 */
final class Reporter {

    /** Renewal, two elections and a round trip stay below the lease. */
    static final Duration RENEWAL = Duration.ofMillis(500);

    /**
     * While this node is primary an older observation is not reported: it would keep a lease alive for a server that nobody
     * looks at. Actions on a primary must therefore end well within a lease.
     */
    static final Duration RECENT = Duration.ofSeconds(1);

    /** Reports without an answer; more wait for one. */
    static final int MAX_UNDER_WAY = 4;

    /** What it needs of its node. */
    interface Surroundings {
        /** This node as it registers; the incarnation is taken from what was seen. */
        MemberRecord self();

        CompletableFuture<Confirmed> report(Report report);

        /** The newest state of the ledger. */
        Optional<ClusterState> state();

        /** Who is told: a new Raft leader knows nothing of anybody. */
        Optional<NodeId> leader();

        /** The lease was extended and the loop may have waited for it. */
        void leaseArrived();
    }

    private final Surroundings node;
    private final Board board;
    private final Events events;
    private final Figures figures;
    private final Engine engine;
    private final Runnable wake;
    private final AtomicInteger underWay = new AtomicInteger();
    private Optional<Material> lastSent = Optional.empty();
    private Optional<MonotonicTime> lastSentAt = Optional.empty();
    private final AtomicReference<Optional<Vacancy>> vacancy = new AtomicReference<>(Optional.empty());

    /** Nobody held a tenure when {@code reported}, sent at {@code sentAt}, was answered: a Grant of {@code next} was applied later. */
    private record Vacancy(Epoch next, Picture reported, MonotonicTime sentAt) {}

    /** @param wake starts the next turn */
    Reporter(Surroundings node, Board board, Events events, Figures figures, Engine engine, Runnable wake) {
        this.node = node;
        this.board = board;
        this.events = events;
        this.figures = figures;
        this.engine = engine;
        this.wake = wake;
    }

    /** Sends a report if one is due; returns how long to pause. */
    Duration turn() {
        MonotonicTime now = board.now();
        Optional<Picture> latest = board.picture();
        if (latest.isEmpty() || isStale(latest.get(), now)) {
            return RENEWAL;
        }
        Picture picture = latest.get();
        Report report = Report.of(
                node.self(),
                picture.assignment(),
                picture.seen(),
                picture.doing().line(),
                picture.receipts());
        Material material = Material.of(picture, report, node.leader());
        Duration rest = lastSentAt.map(at -> RENEWAL.minus(now.since(at))).orElse(Duration.ZERO);
        if (lastSent.equals(Optional.of(material)) && rest.isPositive()) {
            return rest;
        }
        if (underWay.get() >= MAX_UNDER_WAY) {
            return RENEWAL;
        }
        lastSent = Optional.of(material);
        lastSentAt = Optional.of(now);
        send(picture, report);
        return RENEWAL;
    }

    private boolean isStale(Picture picture, MonotonicTime now) {
        return picture.isHeldBy(node.self().node()) && now.since(picture.at()).compareTo(RECENT) > 0;
    }

    private void send(Picture picture, Report report) {
        underWay.incrementAndGet();
        // Before anything leaves: the lease that the answer extends counts from here.
        MonotonicTime sentAt = board.now();
        node.report(report).whenComplete((answer, failure) -> {
            if (failure == null) {
                answered(picture, sentAt, answer);
            } else {
                unanswered(failure);
            }
            if (underWay.getAndDecrement() >= MAX_UNDER_WAY) {
                wake.run();
            }
        });
    }

    private void answered(Picture reported, MonotonicTime sentAt, Confirmed answer) {
        figures.reported(board.now().since(sentAt));
        if (board.answered(board.now()).problem().isPresent()) {
            events.add("ledger", "not reached", "reached", "the ledger answered a report");
        }
        answer.vacant().ifPresent(next -> vacancy.set(Optional.of(new Vacancy(next, reported, sentAt))));
        answer.renewed().ifPresent(epoch -> extend(reported, sentAt, epoch, answer.state()));
    }

    /**
     * A Grant makes a lease of the report that was answered before it was applied, so the chosen node need not ask for its
     * first one: nobody counts that lease from earlier than the report, see {@link Confirmed#vacant}. Asks the guard and may wait
     * for it; called by the loop before it looks, so that it sees the lease in the turn in which it learns of the Grant.
     */
    void countLeaseOfGrant() {
        Optional<ClusterState> state = node.state();
        Optional<Epoch> granted = state.flatMap(ClusterState::running).map(Tenure::epoch);
        if (granted.isEmpty()) {
            return;
        }
        vacancy.getAndSet(Optional.empty())
                .filter(before -> before.next().equals(granted.get()))
                .ifPresent(before -> extend(before.reported(), before.sentAt(), before.next(), state.get()));
    }

    private void extend(Picture reported, MonotonicTime sentAt, Epoch epoch, ClusterState confirmed) {
        MonotonicTime until = sentAt.plus(confirmed.settings().lease());
        if (!isHolderStill(reported, epoch) || until.since(board.now()).isNegative() || isOvertaken(epoch, until)) {
            return;
        }
        if (!engine.extendLease(epoch, until)) {
            events.add(
                    "lease",
                    "epoch " + epoch,
                    "refused",
                    "the guard did not take the extended lease of epoch " + epoch);
            return;
        }
        board.extended(new Board.Lease(epoch, until));
        boolean waited = board.picture()
                .flatMap(picture -> picture.seen().lease())
                .filter(lease -> lease.valid() && lease.epoch().equals(epoch))
                .isEmpty();
        if (waited) {
            node.leaseArrived();
        }
    }

    /** The answer is about the data that was reported; by now the node may hold other data, or the ledger say otherwise. */
    private boolean isHolderStill(Picture reported, Epoch epoch) {
        Optional<Tenure> held = node.state()
                .flatMap(ClusterState::running)
                .filter(tenure -> tenure.epoch().equals(epoch));
        return held.isPresent()
                && held.get().holder().node().equals(node.self().node())
                && reported.incarnation().equals(Optional.of(held.get().holder().incarnation()))
                && board.picture()
                        .filter(now -> now.incarnation().equals(reported.incarnation()))
                        .isPresent();
    }

    private boolean isOvertaken(Epoch epoch, MonotonicTime until) {
        return board.lease()
                .filter(held -> held.epoch().equals(epoch) && until.isBefore(held.until()))
                .isPresent();
    }

    private void unanswered(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String problem = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        figures.unanswered();
        if (board.unanswered(problem).problem().isEmpty()) {
            events.add("ledger", "reached", "not reached", problem);
        }
    }
}
