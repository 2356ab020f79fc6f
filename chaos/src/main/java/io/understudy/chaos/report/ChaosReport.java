package io.understudy.chaos.report;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a run found. All times but {@code beganAt} are milliseconds since the run began.
 *
 * @param commit of the sources that ran; with a {@code +} at its end when they were changed since
 * @param command how to run the same again
 * @param seed what was chosen at random follows from it
 * @param mode {@code async}, {@code semi-sync} or {@code sync}
 * @param nodes names, in order
 * @param beganAt wall clock
 * @param faults those that were caused, in the order in which they were repaired
 * @param uncaused those that could not be caused
 * @param tenures oldest first
 * @param outages times in which no client at all had a write acknowledged, longer than a usual pause between two
 * @param lag of replicas as the agents told it, oldest first
 * @param clients what each saw
 * @param agents what the agents' processes used
 * @param findings broken promises; none when all were kept
 */
public record ChaosReport(
        String commit,
        String command,
        long seed,
        String mode,
        List<String> nodes,
        Instant beganAt,
        long lastedMillis,
        Totals totals,
        List<FaultSpan> faults,
        List<UncausedFault> uncaused,
        List<TenureSpan> tenures,
        List<OutageSpan> outages,
        List<LagPoint> lag,
        List<ClientTrack> clients,
        List<AgentFigures> agents,
        List<Finding> findings) {

    public ChaosReport {
        nodes = List.copyOf(nodes);
        faults = List.copyOf(faults);
        uncaused = List.copyOf(uncaused);
        tenures = List.copyOf(tenures);
        outages = List.copyOf(outages);
        lag = List.copyOf(lag);
        clients = List.copyOf(clients);
        agents = List.copyOf(agents);
        findings = List.copyOf(findings);
    }

    /** Whether every promise was kept. */
    public boolean isKept() {
        return findings.isEmpty();
    }

    /**
     * @param acknowledged writes whose success a client was told
     * @param refused writes that a client was told did not happen
     * @param unknown writes of which no client was told anything for certain
     * @param lost acknowledged and not there at the end
     * @param allowedLost those of {@code lost} that {@code async} may lose, by the failovers' receipts
     * @param doubled there more than once
     * @param misreported refused, and there
     * @param outageMedianMillis of the outages that a fault caused; empty when there was none
     * @param outageLongestMillis of the same
     */
    public record Totals(
            int faults,
            int failovers,
            int switchovers,
            long acknowledged,
            long refused,
            long unknown,
            long lost,
            long allowedLost,
            long doubled,
            long misreported,
            long reads,
            Optional<Long> outageMedianMillis,
            Optional<Long> outageLongestMillis) {}

    /**
     * One fault from its cause to its repair.
     *
     * @param number from 1
     * @param fault its name, such as {@code server-killed}
     * @param nodes whom it befell; empty for all
     * @param text what was done, in words
     * @param toMillis when it was repaired
     * @param outageMillis the longest time without an acknowledged write from its cause until all was healthy; empty when no write
     *     was acknowledged afterwards
     * @param healedMillis from the repair until every node was healthy; empty when that did not happen in time
     * @param routed how long writes through routers paused; empty when nothing is expected of that
     */
    public record FaultSpan(
            int number,
            String fault,
            List<String> nodes,
            String text,
            long fromMillis,
            long toMillis,
            Optional<Long> outageMillis,
            Optional<Long> healedMillis,
            Optional<RoutedOutage> routed) {

        public FaultSpan {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * The longest time without an acknowledged write through a router, under a fault that happened alone.
     *
     * @param boundMillis how long it may be
     * @param notJudged why it tells nothing of the cluster; empty when it does
     */
    public record RoutedOutage(long longestMillis, long boundMillis, Optional<String> notJudged) {

        /** Whether a promise was broken by it. */
        public boolean tooLong() {
            return notJudged.isEmpty() && longestMillis > boundMillis;
        }
    }

    /**
     * A fault that was to happen and could not be caused, or would have hit nobody.
     *
     * @param fault its name
     * @param why what was found instead
     */
    public record UncausedFault(String fault, long atMillis, String why) {}

    /**
     * One tenure.
     *
     * @param cause {@code bootstrap}, {@code failover} or {@code switchover}
     * @param rule that ended the one before, and {@code reason} its reason
     * @param fromMillis when it opened to clients
     * @param toMillis when it ended; empty for the running one
     */
    public record TenureSpan(
            long epoch,
            String node,
            String cause,
            String rule,
            String reason,
            long fromMillis,
            Optional<Long> toMillis) {}

    public record OutageSpan(long fromMillis, long toMillis) {}

    /** @param bytes the end of the primary's log less what the replica has on disk */
    public record LagPoint(String node, long atMillis, long bytes) {}

    /**
     * One client over the whole run.
     *
     * @param client its name
     * @param workload {@code ids}, {@code lists}, {@code balances} or {@code reads}
     * @param through {@code primary}, {@code router} or {@code replica}, and of which node if of one
     * @param slotMillis how long one slot is
     * @param slots one after the other from the run's beginning
     */
    public record ClientTrack(String client, String workload, String through, long slotMillis, List<Slot> slots) {
        public ClientTrack {
            slots = List.copyOf(slots);
        }
    }

    /** How many operations were answered so in one slot of time; for reads only {@code acknowledged} and {@code refused}. */
    public record Slot(int acknowledged, int refused, int unknown) {}

    /**
     * One node's agent, or its guard: of all its processes the one that was looked at for longest, when all was well for the first time in
     * its life and for the last.
     *
     * @param program {@code agent} or {@code guard}
     * @param restarts how often another process took the first one's place
     * @param millis between the two looks
     * @param residentBytesFirst resident memory
     * @param residentBytesMost of any of its processes
     */
    public record AgentFigures(
            String node,
            String program,
            int restarts,
            long millis,
            long residentBytesFirst,
            long residentBytesLast,
            long residentBytesMost,
            int threadsFirst,
            int threadsLast,
            int descriptorsFirst,
            int descriptorsLast) {}

    /**
     * A broken promise.
     *
     * @param promise whose check found it
     * @param text what was expected and what was found
     */
    public record Finding(String promise, String text, long atMillis) {}
}
