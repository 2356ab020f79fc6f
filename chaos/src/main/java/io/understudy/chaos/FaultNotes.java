package io.understudy.chaos;

import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Repairs.Lasting;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import io.understudy.chaos.report.ChaosReport.UncausedFault;
import io.understudy.chaos.workload.Book;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongUnaryOperator;

/** What became of each fault that was to happen: what it cost, or why it could not be caused. */
final class FaultNotes {

    private static final long NANOS_A_MILLI = 1_000_000;

    private final Book book;
    private final IntPredicate routed;
    private final LongUnaryOperator millis;
    private final List<FaultSpan> spans = new ArrayList<>();
    private final List<UncausedFault> uncaused = new ArrayList<>();

    /**
     * @param routed which clients write through routers
     * @param millis what {@link System#nanoTime} said, in milliseconds since the run began
     */
    FaultNotes(Book book, IntPredicate routed, LongUnaryOperator millis) {
        this.book = book;
        this.routed = routed;
        this.millis = millis;
    }

    /**
     * How a sequence went.
     *
     * @param primary who was primary before
     * @param mendedNanos when the last repair had been made, on {@link System#nanoTime}
     * @param healedNanos when the cluster was whole again, or given up
     * @param stall the longest time for which the machine stood still meanwhile
     */
    record Played(
            Sequence sequence, String primary, long mendedNanos, long healedNanos, boolean whole, Duration stall) {}

    void couldNotBeCaused(Fault fault, long atNanos, String why) {
        uncaused.add(new UncausedFault(fault.name(), millis.applyAsLong(atNanos), why));
    }

    /** Notes those that were caused and {@code repaired}, and returns what was noted. */
    List<FaultSpan> repaired(List<Lasting> repaired, Played played) {
        long[] times = book.acknowledgementTimes();
        List<FaultSpan> noted = new ArrayList<>();
        for (Lasting fault : repaired) {
            noted.add(new FaultSpan(
                    spans.size() + noted.size() + 1,
                    fault.fault().name(),
                    fault.caused().nodes(),
                    fault.caused().text(),
                    millis.applyAsLong(fault.fromNanos()),
                    millis.applyAsLong(fault.untilNanos()),
                    longestMillis(times, fault, played),
                    played.whole()
                            ? Optional.of((played.healedNanos() - played.mendedNanos()) / NANOS_A_MILLI)
                            : Optional.empty(),
                    routed(fault, played)));
        }
        spans.addAll(noted);
        return noted;
    }

    /** Empty also for a cluster that was given up, which is a broken promise of its own. */
    private Optional<RoutedOutage> routed(Lasting fault, Played played) {
        if (!played.whole()) {
            return Optional.empty();
        }
        return WritesGoOnInTime.bound(played.sequence(), fault.caused(), played.primary())
                .flatMap(bound -> longestMillis(book.acknowledgementTimes(routed), fault, played)
                        .map(longest -> WritesGoOnInTime.outage(longest, bound, played.stall())));
    }

    private static Optional<Long> longestMillis(long[] times, Lasting fault, Played played) {
        return Outages.longest(times, fault.fromNanos(), played.healedNanos()).map(nanos -> nanos / NANOS_A_MILLI);
    }

    List<FaultSpan> spans() {
        return List.copyOf(spans);
    }

    List<UncausedFault> uncaused() {
        return List.copyOf(uncaused);
    }
}
