package io.understudy.router.admin;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * What was counted since the router started; a restart loses it.
 *
 * @param clients that were let in
 * @param transactions that ended, a single statement outside of a block included
 * @param queries simple ones, and executions of prepared ones
 * @param busy time in which servers had something to answer, of all their connections together
 * @param waits for a server connection
 * @param cancels that clients asked for with the right key
 * @param refused requests that were refused, by reason; every reason is there
 */
public record Counts(
        long clients,
        long transactions,
        long queries,
        Traffic traffic,
        Duration busy,
        Waits waits,
        long cancels,
        Servers servers,
        Map<Refusal, Long> refused) {

    /**
     * What went through.
     *
     * @param clientMessages and bytes that came from clients
     * @param serverMessages and bytes that came from servers, what the router asked itself included
     * @param serverErrors errors among these
     */
    public record Traffic(
            long clientMessages, long clientBytes, long serverMessages, long serverBytes, long serverErrors) {
        Traffic plus(Traffic more) {
            return new Traffic(
                    clientMessages + more.clientMessages,
                    clientBytes + more.clientBytes,
                    serverMessages + more.serverMessages,
                    serverBytes + more.serverBytes,
                    serverErrors + more.serverErrors);
        }
    }

    /**
     * Of clients that had to wait for a server connection and got one.
     *
     * @param count of them
     * @param waited by these together
     * @param longest of these
     */
    public record Waits(long count, Duration waited, Duration longest) {
        /** What those that waited did so on average; nothing where nobody did. */
        public Duration average() {
            return count == 0 ? Duration.ZERO : waited.dividedBy(count);
        }

        Waits plus(Waits more) {
            return new Waits(
                    count + more.count,
                    waited.plus(more.waited),
                    longest.compareTo(more.longest) >= 0 ? longest : more.longest);
        }
    }

    /**
     * Server connections.
     *
     * @param closed of those opened, those that ended, for whatever reason
     * @param lost of these, those that the router did not close itself
     */
    public record Servers(long opened, long closed, long lost) {
        Servers plus(Servers more) {
            return new Servers(opened + more.opened, closed + more.closed, lost + more.lost);
        }
    }

    public Counts {
        refused = Map.copyOf(refused);
    }

    /** Requests that were refused for any reason. */
    public long refusedInAll() {
        return refused.values().stream().mapToLong(Long::longValue).sum();
    }

    Counts plus(Counts more) {
        Map<Refusal, Long> both = new EnumMap<>(Refusal.class);
        both.putAll(refused);
        more.refused.forEach((why, count) -> both.merge(why, count, Long::sum));
        return new Counts(
                clients + more.clients,
                transactions + more.transactions,
                queries + more.queries,
                traffic.plus(more.traffic),
                busy.plus(more.busy),
                waits.plus(more.waits),
                cancels + more.cancels,
                servers.plus(more.servers),
                both);
    }
}
