package io.understudy.router.session;

import io.understudy.router.admin.Counts;
import io.understudy.router.admin.Refusal;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Counts of one user in one database since the start. Plain fields: written by the event loop alone, and read there. */
final class Figures {
    long clients;
    long transactions;
    long queries;
    long clientMessages;
    long clientBytes;
    long serverMessages;
    long serverBytes;
    long serverErrors;
    long busyNanos;
    long serversOpened;
    long serversClosed;
    long serversLost;
    long waits;
    long waitedNanos;
    long longestWaitNanos;
    long cancels;
    private final long[] refused = new long[Refusal.values().length];
    private final Paces paces = new Paces();

    void refused(Refusal why) {
        refused[why.ordinal()]++;
    }

    void waited(long nanos) {
        waits++;
        waitedNanos += nanos;
        longestWaitNanos = Math.max(longestWaitNanos, nanos);
    }

    /** Called every second. */
    void second(long now) {
        paces.add(now, transactions, queries, waits);
    }

    Paces paces() {
        return paces;
    }

    Counts counts() {
        Map<Refusal, Long> byReason = new EnumMap<>(Refusal.class);
        for (Refusal why : Refusal.values()) {
            byReason.put(why, refused[why.ordinal()]);
        }
        return new Counts(
                clients,
                transactions,
                queries,
                new Counts.Traffic(clientMessages, clientBytes, serverMessages, serverBytes, serverErrors),
                Duration.ofNanos(busyNanos),
                new Counts.Waits(waits, Duration.ofNanos(waitedNanos), Duration.ofNanos(longestWaitNanos)),
                cancels,
                new Counts.Servers(serversOpened, serversClosed, serversLost),
                byReason);
    }
}
