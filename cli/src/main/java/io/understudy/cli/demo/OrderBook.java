package io.understudy.cli.demo;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the shop sent and what it was answered. An order's id is chosen before it is sent and never sent again, so every
 * id from 1 to the last was sent once. Thread-safe; kept in memory by a process outside the cluster.
 */
final class OrderBook {

    private final BitSet acknowledged = new BitSet();
    private final BitSet knownLost = new BitSet();
    private final Map<Integer, List<Long>> times = new TreeMap<>();
    private int lastId;
    private int roundBegan = 1;
    private long lastAcknowledgedNanos;

    /** The id of the next order, counted as sent from now on. */
    synchronized int send() {
        return ++lastId;
    }

    /** COMMIT returned to {@code writer} without a warning, at {@code nanos}. */
    synchronized void acknowledged(int writer, int id, long nanos) {
        if (id < 1 || id > lastId || acknowledged.get(id)) {
            throw new IllegalStateException(
                    "Order " + id + " was " + (id < 1 || id > lastId ? "never sent" : "acknowledged twice"));
        }
        acknowledged.set(id);
        times.computeIfAbsent(writer, first -> new ArrayList<>()).add(nanos);
        lastAcknowledgedNanos = nanos;
    }

    /** Orders acknowledged since the round began. */
    synchronized int acknowledgedInRound() {
        return acknowledged.get(roundBegan, lastId + 1).cardinality();
    }

    /** How many writers were answered at or after {@code nanos}. */
    synchronized long writersAnsweredSince(long nanos) {
        return times.values().stream()
                .filter(answers -> !answers.isEmpty() && answers.getLast() - nanos >= 0)
                .count();
    }

    /** When an order was last acknowledged; 0 before the first. */
    synchronized long lastAcknowledgedNanos() {
        return lastAcknowledgedNanos;
    }

    /** The times of this round's acknowledgements, one list for each writer, each in order. */
    synchronized Collection<List<Long>> acknowledgementTimes() {
        return times.values().stream().map(List::copyOf).toList();
    }

    /** From now on orders belong to the next round. */
    synchronized void beginRound() {
        roundBegan = lastId + 1;
        times.clear();
    }

    /**
     * Compares with what the database holds, while nothing is being sent. Orders of earlier rounds are looked for too; one
     * that was already found lost is counted once only.
     */
    synchronized Verdict compare(Stored stored) {
        BitSet lost = copy(acknowledged);
        lost.andNot(stored.ids());
        lost.andNot(knownLost);
        knownLost.or(lost);
        BitSet unknown = new BitSet();
        unknown.set(roundBegan, lastId + 1);
        unknown.andNot(acknowledged);
        BitSet present = copy(unknown);
        present.and(stored.ids());
        BitSet neverSent = copy(stored.ids());
        neverSent.clear(1, lastId + 1);
        return new Verdict(
                acknowledgedInRound(),
                lost.stream().boxed().toList(),
                stored.duplicated(),
                neverSent.stream().boxed().toList(),
                unknown.cardinality(),
                present.cardinality());
    }

    private static BitSet copy(BitSet from) {
        return (BitSet) from.clone();
    }

    /**
     * What was read back.
     *
     * @param ids every order that is there
     * @param duplicated those that are there more than once
     */
    record Stored(BitSet ids, List<Integer> duplicated) {
        Stored {
            duplicated = List.copyOf(duplicated);
        }
    }

    /**
     * What a comparison found.
     *
     * @param acknowledged how many orders of this round were
     * @param lost acknowledged and not there
     * @param duplicated there more than once
     * @param neverSent there and never sent
     * @param unknown how many orders of this round were sent and not acknowledged
     * @param unknownPresent how many of these are there
     */
    record Verdict(
            int acknowledged,
            List<Integer> lost,
            List<Integer> duplicated,
            List<Integer> neverSent,
            int unknown,
            int unknownPresent) {

        Verdict {
            lost = List.copyOf(lost);
            duplicated = List.copyOf(duplicated);
            neverSent = List.copyOf(neverSent);
        }

        /** Sent, not acknowledged, and not there. */
        int unknownAbsent() {
            return unknown - unknownPresent;
        }
    }
}
