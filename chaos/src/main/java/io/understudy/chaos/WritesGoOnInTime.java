package io.understudy.chaos;

import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import java.time.Duration;
import java.util.Optional;

/**
 * When a light fault befalls one node, and nothing else happens, writes through routers go on before long. Heavy faults may take
 * their time. What was measured while the machine itself stood still is not held against the cluster.
 */
final class WritesGoOnInTime {

    /** The primary is hit: it may have to be missed for as long as its lease, and succeeded. */
    static final Duration PRIMARY_HIT = Duration.ofSeconds(15);

    /** Another node is hit: commits wait until it is missed, or until another leads the Raft group; a primary whose lease ended meanwhile is succeeded. */
    static final Duration OTHER_HIT = Duration.ofSeconds(12);

    private static final Duration STALL = Duration.ofSeconds(2);

    private WritesGoOnInTime() {}

    /**
     * How long they may pause; empty when nothing is expected of that.
     *
     * @param primary who was primary before
     */
    static Optional<Duration> bound(Sequence sequence, Caused caused, String primary) {
        boolean oneLight = sequence.faults().size() == 1
                && sequence.faults().stream().map(Fault::weight).allMatch(Weight.LIGHT::equals)
                && caused.nodes().size() == 1;
        return oneLight ? Optional.of(caused.nodes().contains(primary) ? PRIMARY_HIT : OTHER_HIT) : Optional.empty();
    }

    /** @param stall the longest time for which the machine stood still meanwhile */
    static RoutedOutage outage(long longestMillis, Duration bound, Duration stall) {
        return new RoutedOutage(
                longestMillis,
                bound.toMillis(),
                stall.compareTo(STALL) > 0
                        ? Optional.of("the machine stood still for " + stall.toMillis() + " ms")
                        : Optional.empty());
    }

    /** What was expected and what was found; empty when it was kept. */
    static Optional<String> broken(FaultSpan fault) {
        return fault.routed()
                .filter(RoutedOutage::tooLong)
                .map(outage -> "fault " + fault.number() + ", " + fault.fault() + " on "
                        + String.join(", ", fault.nodes()) + ", happened alone, and for " + outage.longestMillis()
                        + " ms no write through a router was acknowledged, expected at most " + outage.boundMillis()
                        + " ms");
    }
}
