package io.understudy.cli.demo;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** How long writes were out. */
final class Outage {

    private Outage() {}

    /**
     * The longest interval between two consecutive acknowledgements of one connection that ended after the fault, over all
     * connections. A connection's own rhythm is contained in it, and so is every later pause until {@code until}.
     *
     * @param acknowledgements for each connection the times, in order
     * @param fault when it happened, on the same clock
     * @param until the end of what is looked at; a connection that was not answered since the fault is out until then
     * @return empty when nobody was ever answered
     */
    static Optional<Duration> longest(Collection<List<Long>> acknowledgements, long fault, long until) {
        return acknowledgements.stream()
                .filter(times -> !times.isEmpty())
                .map(times -> longest(times, fault, until))
                .max(Long::compare)
                .map(Duration::ofNanos);
    }

    private static long longest(List<Long> times, long fault, long until) {
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            if (times.get(i) - fault >= 0 && until - times.get(i) >= 0) {
                longest = Math.max(longest, times.get(i) - times.get(i - 1));
            }
        }
        boolean neverAgain = times.getLast() - fault < 0;
        return neverAgain ? Math.max(longest, until - times.getLast()) : longest;
    }
}
