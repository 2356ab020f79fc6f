package io.understudy.coordination.ratis;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Proves that a leader still led after a request arrived (the read index of Raft, section 6.4 of Ongaro's dissertation):
 * a majority, this peer included, says, asked after the arrival, that it knows no later term. A later leader would have
 * needed the vote, and so the term, of one of them. While the group changes, a majority of the old peers and one of the new
 * ones: the next leader may be elected by the old ones alone or, once those agreed to the change, by both.
 *
 * <p>Ratis' own linearizable reads do not give this: once heartbeats have confirmed a commit index, Ratis 3.3.0 answers
 * every further read at that index without asking anybody ({@code ReadIndexHeartbeats.addAppendEntriesListener}), and a
 * read that joins a waiting one is confirmed by heartbeats sent before it came. Queries that write nothing leave the
 * index where it is, so all but the first would be unproven.
 *
 * <p>At most one round is under way; requests that arrive meanwhile share the next one, so the messages are bounded
 * whatever the number of queries. A patient request does not begin a round by itself for a while: it shares the one that
 * somebody else needs soon.
 */
final class QuorumRounds {
    /** Asks a Raft peer for the term it is in. */
    interface TermProbe {
        CompletableFuture<Long> term(String peer);
    }

    /** {@code due} completes once the round is to begin as soon as it can. */
    private record Round(long term, CompletableFuture<@Nullable Void> due, CompletableFuture<@Nullable Void> proof) {
        Round(long term) {
            this(term, new CompletableFuture<>(), new CompletableFuture<>());
        }
    }

    private final String self;
    private final Supplier<Voters> voters;
    private final Duration bound;
    private final Duration patience;
    private final TermProbe probe;
    private final Executor tasks;
    private final Object lock = new Object();
    private @Nullable Round running;
    private @Nullable Round waiting;

    /**
     * @param self name of this Raft peer
     * @param voters who votes, as this peer knows it; asked at the beginning of every round
     * @param bound how long one round may take
     * @param patience how long a patient request waits for somebody else's round
     * @param tasks begins the round of those whose patience ended
     */
    QuorumRounds(
            String self, Supplier<Voters> voters, Duration bound, Duration patience, TermProbe probe, Executor tasks) {
        this.self = self;
        this.voters = voters;
        this.bound = bound;
        this.patience = patience;
        this.probe = probe;
        this.tasks = tasks;
    }

    /** Completes once a majority confirmed, after this call, that it knows no term later than {@code term}; else fails. */
    CompletableFuture<@Nullable Void> confirm(long term) {
        return join(term, false);
    }

    /** As {@link #confirm}, with somebody else's round, or one of its own when there was none for a while. */
    CompletableFuture<@Nullable Void> confirmPatiently(long term) {
        return join(term, true);
    }

    private CompletableFuture<@Nullable Void> join(long term, boolean patient) {
        Round round;
        Round outdated = null;
        boolean opened = false;
        synchronized (lock) {
            if (waiting != null && term < waiting.term()) {
                return CompletableFuture.failedFuture(outdated(term));
            }
            if (waiting == null || term > waiting.term()) {
                outdated = waiting;
                waiting = new Round(term);
                opened = true;
            }
            round = waiting;
        }
        if (outdated != null) {
            outdated.proof().completeExceptionally(outdated(outdated.term()));
        }
        if (!patient) {
            round.due().complete(null);
            begin();
        } else if (opened) {
            round.due()
                    .completeOnTimeout(null, patience.toNanos(), TimeUnit.NANOSECONDS)
                    .thenRunAsync(this::begin, tasks);
        }
        return round.proof();
    }

    /** Patience is over for whoever waits, as when this peer may lead no more. */
    void hurry() {
        Round round;
        synchronized (lock) {
            round = waiting;
        }
        if (round != null) {
            round.due().complete(null);
            begin();
        }
    }

    /** Begins the waiting round, if it is due and no other is under way. */
    private void begin() {
        Round round;
        synchronized (lock) {
            if (running != null || waiting == null || !waiting.due().isDone()) {
                return;
            }
            round = waiting;
            running = round;
            waiting = null;
        }
        ask(round);
    }

    private void ask(Round round) {
        round.proof().orTimeout(bound.toNanos(), TimeUnit.NANOSECONDS).whenComplete((done, failure) -> next());
        try {
            Voters electorate = voters.get();
            Set<String> others = electorate.without(self);
            Tally tally = new Tally(round, electorate, others);
            tally.look();
            for (String peer : others) {
                probe.term(peer).whenComplete((theirs, failure) -> tally.count(peer, theirs, failure));
            }
        } catch (RuntimeException failure) {
            // Without it this round would stay under way, and every later one behind it.
            round.proof().completeExceptionally(failure);
        }
    }

    private void next() {
        synchronized (lock) {
            running = null;
        }
        begin();
    }

    private static IllegalStateException outdated(long term) {
        return new IllegalStateException("Raft term " + term + " is over");
    }

    /** The answers of one round. */
    private final class Tally {
        private final Round round;
        private final Voters electorate;
        private final Set<String> confirmed = new HashSet<>();
        private final Set<String> possible;

        Tally(Round round, Voters electorate, Set<String> others) {
            this.round = round;
            this.electorate = electorate;
            confirmed.add(self);
            possible = new HashSet<>(others);
            possible.add(self);
        }

        synchronized void look() {
            if (electorate.isMajority(confirmed)) {
                round.proof().complete(null);
            }
        }

        synchronized void count(String peer, @Nullable Long theirs, @Nullable Throwable failure) {
            if (failure != null || theirs == null) {
                possible.remove(peer);
                if (!electorate.isMajority(possible)) {
                    round.proof()
                            .completeExceptionally(
                                    failure == null ? new IllegalStateException(peer + " told no term") : failure);
                }
            } else if (theirs > round.term()) {
                round.proof().completeExceptionally(outdated(round.term()));
            } else {
                confirmed.add(peer);
                look();
            }
        }
    }
}
