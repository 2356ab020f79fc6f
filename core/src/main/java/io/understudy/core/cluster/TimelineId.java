package io.understudy.core.cluster;

/**
 * The number of a branch of the log. The ledger allocates one with each Grant; a database never chooses its own, because
 * two of them would choose the same.
 *
 * @param number 1 is what an initialised database starts on
 */
public record TimelineId(int number) implements Comparable<TimelineId> {

    /** What an initialised database starts on, before any Grant. */
    public static final TimelineId FIRST = new TimelineId(1);

    public TimelineId {
        if (number < 1) {
            throw new IllegalArgumentException("A timeline id is 1 or more, found " + number);
        }
    }

    public TimelineId next() {
        return new TimelineId(number + 1);
    }

    @Override
    public int compareTo(TimelineId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Integer.toString(number);
    }
}
