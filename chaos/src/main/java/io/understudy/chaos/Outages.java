package io.understudy.chaos;

import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Times in which no client at all had a write acknowledged. */
final class Outages {

    /** Many times as long as a usual pause between two acknowledgements of all clients. */
    static final Duration NOTABLE = Duration.ofMillis(300);

    private Outages() {}

    /**
     * Those that are notable, in milliseconds.
     *
     * @param times of acknowledgements, in any order, in milliseconds
     * @param pauses times in which nothing was sent on purpose; an outage ends where one begins
     */
    static List<OutageSpan> of(long[] times, List<OutageSpan> pauses) {
        long[] order = times.clone();
        java.util.Arrays.sort(order);
        List<OutageSpan> outages = new ArrayList<>();
        for (int i = 1; i < order.length; i++) {
            long from = order[i - 1];
            long to = order[i];
            for (OutageSpan pause : pauses) {
                if (pause.fromMillis() < to && pause.toMillis() > from) {
                    note(outages, from, Math.max(from, pause.fromMillis()));
                    from = Math.min(to, pause.toMillis());
                }
            }
            note(outages, from, to);
        }
        return outages;
    }

    private static void note(List<OutageSpan> outages, long from, long to) {
        if (to - from >= NOTABLE.toMillis()) {
            outages.add(new OutageSpan(from, to));
        }
    }

    /** The longest time without an acknowledgement between {@code from} and {@code to}; empty when there was none afterwards. */
    static Optional<Long> longest(long[] times, long from, long to) {
        long[] order = times.clone();
        java.util.Arrays.sort(order);
        long longest = 0;
        long last = Long.MIN_VALUE;
        boolean any = false;
        for (long time : order) {
            if (time > to) {
                break;
            }
            if (time >= from) {
                any = true;
                longest = last == Long.MIN_VALUE ? longest : Math.max(longest, time - last);
            }
            last = time;
        }
        return any ? Optional.of(longest) : Optional.empty();
    }

    /** The longest of {@code faults}, in words. */
    static String longest(List<FaultSpan> faults) {
        return faults.stream().anyMatch(fault -> fault.outageMillis().isEmpty())
                ? "without end"
                : faults.stream()
                                .flatMap(fault -> fault.outageMillis().stream())
                                .max(Long::compare)
                                .orElse(0L)
                        + " ms";
    }
}
