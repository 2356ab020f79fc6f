package io.understudy.chaos;

import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Fault.Weight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Faults that happen one after the other without waiting until the cluster is whole in between.
 *
 * @param gaps between one and the next; one less than there are faults
 */
record Sequence(List<Fault> faults, List<Duration> gaps) {

    private static final int MOST = 4;
    private static final Duration LONGEST_GAP = Duration.ofSeconds(5);

    Sequence {
        faults = List.copyOf(faults);
        gaps = List.copyOf(gaps);
    }

    static Sequence alone(Fault fault) {
        return new Sequence(List.of(fault), List.of());
    }

    /** Two to four of {@code possible}, at most one of them heavy. */
    static Sequence draw(List<Fault> possible, Random random) {
        int count = 2 + random.nextInt(MOST - 1);
        List<Fault> faults = new ArrayList<>();
        List<Duration> gaps = new ArrayList<>();
        while (faults.size() < count) {
            List<Fault> fitting = possible.stream()
                    .filter(fault -> fault.weight() == Weight.LIGHT
                            || faults.stream().noneMatch(other -> other.weight() == Weight.HEAVY))
                    .toList();
            if (fitting.isEmpty()) {
                break;
            }
            faults.add(fitting.get(random.nextInt(fitting.size())));
            gaps.add(Duration.ofMillis(random.nextLong(LONGEST_GAP.toMillis())));
        }
        return new Sequence(faults, gaps.subList(1, gaps.size()));
    }
}
