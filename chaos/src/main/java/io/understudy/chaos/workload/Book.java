package io.understudy.chaos.workload;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Every write that was sent, and what its client was answered. A write's id is chosen before it is sent and never sent again, so
 * every id from 1 to the last was sent once. Thread-safe.
 */
public final class Book {

    private static final int FIRST_ROOM = 1 << 16;

    private final BitSet acknowledged = new BitSet();
    private final BitSet refused = new BitSet();
    private final BitSet unknown = new BitSet();
    private final Map<Integer, String> whyRefused = new HashMap<>();
    private int[] clients = new int[FIRST_ROOM];
    private long[] acknowledgedAt = new long[FIRST_ROOM];
    private int[] acknowledgedTo = new int[FIRST_ROOM];
    private int acknowledgements;
    private int last;

    /** The id of the next write of {@code client}, counted as sent from now on. */
    synchronized int send(int client) {
        last++;
        if (last >= clients.length) {
            clients = Arrays.copyOf(clients, clients.length * 2);
        }
        clients[last] = client;
        return last;
    }

    synchronized void acknowledged(int id, long nanos) {
        acknowledged.set(sent(id));
        if (acknowledgements == acknowledgedAt.length) {
            acknowledgedAt = Arrays.copyOf(acknowledgedAt, acknowledgedAt.length * 2);
            acknowledgedTo = Arrays.copyOf(acknowledgedTo, acknowledgedTo.length * 2);
        }
        acknowledgedTo[acknowledgements] = clients[id];
        acknowledgedAt[acknowledgements++] = nanos;
    }

    synchronized void refused(int id, String why) {
        refused.set(sent(id));
        whyRefused.put(id, why);
    }

    synchronized void unknown(int id) {
        unknown.set(sent(id));
    }

    private int sent(int id) {
        if (id < 1 || id > last || acknowledged.get(id) || refused.get(id) || unknown.get(id)) {
            throw new IllegalStateException(
                    "Write " + id + " was " + (id < 1 || id > last ? "never sent" : "answered already"));
        }
        return id;
    }

    /** The ids that were answered with {@code outcome} so far. */
    public synchronized BitSet ids(Outcome outcome) {
        return (BitSet) (switch (outcome) {
                    case ACKNOWLEDGED -> acknowledged;
                    case REFUSED -> refused;
                    case UNKNOWN -> unknown;
                })
                .clone();
    }

    public synchronized int count(Outcome outcome) {
        return switch (outcome) {
            case ACKNOWLEDGED -> acknowledged.cardinality();
            case REFUSED -> refused.cardinality();
            case UNKNOWN -> unknown.cardinality();
        };
    }

    /** The last id that was sent. */
    public synchronized int last() {
        return last;
    }

    /** Whether any client sent a write of that id. */
    public synchronized boolean wasSent(int id) {
        return id >= 1 && id <= last;
    }

    /** Whose write {@code id} is. */
    public synchronized int client(int id) {
        if (id < 1 || id > last) {
            throw new IllegalArgumentException("Write " + id + " was never sent: the last is " + last);
        }
        return clients[id];
    }

    /** What the client of a refused write was told. */
    public synchronized String whyRefused(int id) {
        return whyRefused.getOrDefault(id, "");
    }

    /** When writes were acknowledged, in the order in which that was noted, on {@link System#nanoTime}. */
    public synchronized long[] acknowledgementTimes() {
        return Arrays.copyOf(acknowledgedAt, acknowledgements);
    }

    /** The same for the writes of those clients that {@code whose} accepts. */
    public synchronized long[] acknowledgementTimes(IntPredicate whose) {
        return IntStream.range(0, acknowledgements)
                .filter(i -> whose.test(acknowledgedTo[i]))
                .mapToLong(i -> acknowledgedAt[i])
                .toArray();
    }
}
