package io.understudy.router.topology;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How often a node that does not answer is asked again, and how long one that does may wait for news. Thread-safe. */
final class Pace {

    /** After the first failure; doubled with each up to the longest. */
    static final Duration FIRST_PAUSE = Duration.ofMillis(50);

    /** Where nothing is wrong with anybody else. */
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /** While nobody is primary, or after a server connection broke. */
    static final Duration LONGEST_PAUSE_IN_TROUBLE = Duration.ofMillis(100);

    /** How long trouble is remembered. */
    static final Duration TROUBLE = Duration.ofSeconds(10);

    /** The most that an agent waits before it answers that there is no news. */
    static final Duration WAIT = Duration.ofSeconds(5);

    /** The same in trouble: a host that is gone without a word is given up sooner. */
    static final Duration WAIT_IN_TROUBLE = Duration.ofSeconds(1);

    private final LongSupplier nanoTime;
    private long troubleUntil;
    private boolean withoutPrimary = true;

    Pace(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.troubleUntil = nanoTime.getAsLong();
    }

    /** Something broke: those who pause are woken, once, because every client may call this at the same time. */
    synchronized void trouble() {
        boolean news = !remembered();
        troubleUntil = nanoTime.getAsLong() + TROUBLE.toNanos();
        if (news) {
            notifyAll();
        }
    }

    /** What is believed of the primary changed. */
    synchronized void believed(Topology topology) {
        withoutPrimary = !(topology instanceof Topology.Primary);
    }

    /** How long an agent may wait for news before it answers. */
    synchronized Duration longestWait() {
        return inTrouble() ? WAIT_IN_TROUBLE : WAIT;
    }

    /** Pauses after so many failures in a row, 1 or more. Woken for no reason it only asks once more. */
    @SuppressWarnings("WaitNotInLoop")
    synchronized void pause(int failures) throws InterruptedException {
        TimeUnit.NANOSECONDS.timedWait(this, pauseAfter(failures).toNanos());
    }

    synchronized Duration pauseAfter(int failures) {
        Duration longest = inTrouble() ? LONGEST_PAUSE_IN_TROUBLE : LONGEST_PAUSE;
        Duration pause = FIRST_PAUSE;
        for (int i = 1; i < failures && pause.compareTo(longest) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(longest) < 0 ? pause : longest;
    }

    private boolean inTrouble() {
        return withoutPrimary || remembered();
    }

    private boolean remembered() {
        return troubleUntil - nanoTime.getAsLong() > 0;
    }
}
