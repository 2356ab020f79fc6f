package io.understudy.core.cluster;

/**
 * The number of a primary's tenure. Every Grant has a higher one than the Grant before it.
 *
 * @param number 0 means "before the first primary"
 */
public record Epoch(long number) implements Comparable<Epoch> {

    /** Before the first primary. */
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (number < 0) {
            throw new IllegalArgumentException("An epoch is 0 or more, found " + number);
        }
    }

    public Epoch next() {
        return new Epoch(number + 1);
    }

    public boolean isBefore(Epoch other) {
        return number < other.number;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
