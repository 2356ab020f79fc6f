package io.understudy.coordination.ratis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Proves that a leader still led after a request arrived (the read index of Raft, section 6.4 of Ongaro's dissertation):
 * a majority, this peer included, says, asked after the arrival, that it knows no later term. A later leader would have
 * needed the vote, and so the term, of one of them.
 *
 * <p>Ratis' own linearizable reads do not give this: once heartbeats have confirmed a commit index, Ratis 3.3.0 answers
 * every further read at that index without asking anybody ({@code ReadIndexHeartbeats.addAppendEntriesListener}), and a
 * read that joins a waiting one is confirmed by heartbeats sent before it came. Queries that write nothing leave the
 * index where it is, so all but the first would be unproven.
 *
 * <p>At most one round is under way; requests that arrive meanwhile share the next one, so the messages are bounded
 * whatever the number of queries.
 */
final class QuorumRounds {
    /** Asks a peer for the Raft term it is in. */
    interface TermProbe {
        CompletableFuture<Long> term(String peer);
    }

    private record Round(long term, CompletableFuture<@Nullable Void> proof) {
        Round(long term) {
            this(term, new CompletableFuture<>());
        }
    }

    private final List<String> others;
    private final int othersNeeded;
    private final Duration bound;
    private final TermProbe probe;
    private final Object lock = new Object();
    private @Nullable Round running;
    private @Nullable Round waiting;

    /** @param bound how long one round may take */
    QuorumRounds(List<String> others, int majority, Duration bound, TermProbe probe) {
        this.others = List.copyOf(others);
        this.othersNeeded = majority - 1;
        this.bound = bound;
        this.probe = probe;
    }

    /** Completes once a majority confirmed, after this call, that it knows no term later than {@code term}; else fails. */
    CompletableFuture<@Nullable Void> confirm(long term) {
        if (othersNeeded == 0) {
            return CompletableFuture.completedFuture(null);
        }
        Round round;
        synchronized (lock) {
            if (running != null) {
                return joinNext(term);
            }
            round = new Round(term);
            running = round;
        }
        ask(round);
        return round.proof();
    }

    private CompletableFuture<@Nullable Void> joinNext(long term) {
        if (waiting == null) {
            waiting = new Round(term);
        } else if (term < waiting.term()) {
            return CompletableFuture.failedFuture(outdated(term));
        } else if (term > waiting.term()) {
            Round outdated = waiting;
            waiting = new Round(term);
            outdated.proof().completeExceptionally(outdated(outdated.term()));
        }
        return waiting.proof();
    }

    private void ask(Round round) {
        AtomicInteger confirmed = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        round.proof().orTimeout(bound.toNanos(), TimeUnit.NANOSECONDS).whenComplete((done, failure) -> next());
        for (String peer : others) {
            probe.term(peer).whenComplete((theirs, failure) -> {
                if (failure != null) {
                    if (failed.incrementAndGet() > others.size() - othersNeeded) {
                        round.proof().completeExceptionally(failure);
                    }
                } else if (theirs > round.term()) {
                    round.proof().completeExceptionally(outdated(round.term()));
                } else if (confirmed.incrementAndGet() == othersNeeded) {
                    round.proof().complete(null);
                }
            });
        }
    }

    private void next() {
        Round round;
        synchronized (lock) {
            running = waiting;
            waiting = null;
            round = running;
        }
        if (round != null) {
            ask(round);
        }
    }

    private static IllegalStateException outdated(long term) {
        return new IllegalStateException("Raft term " + term + " is over");
    }
}
