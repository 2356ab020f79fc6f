package io.understudy.core.cluster;

/**
 * Where in a database's log, in bytes from its beginning. Only positions of one lineage may be compared; across epochs
 * compare (epoch, position).
 *
 * @param value an unsigned 64-bit byte offset, in practice below 2^63
 */
public record Position(long value) implements Comparable<Position> {

    /** The beginning of the log. */
    public static final Position START = new Position(0);

    public Position {
        if (value < 0) {
            throw new IllegalArgumentException("A position is 0 or more, found " + value);
        }
    }

    public boolean isAfter(Position other) {
        return value > other.value;
    }

    /** The one further on. */
    public static Position max(Position one, Position other) {
        return other.isAfter(one) ? other : one;
    }

    /** Bytes from {@code other} up to this, 0 when this is not after it. */
    public long bytesSince(Position other) {
        return Math.max(0, value - other.value);
    }

    /** Written as PostgreSQL writes an LSN: two hexadecimal halves. */
    @Override
    public String toString() {
        return Long.toHexString(value >>> 32).toUpperCase(java.util.Locale.ROOT) + "/"
                + Long.toHexString(value & 0xffff_ffffL).toUpperCase(java.util.Locale.ROOT);
    }

    @Override
    public int compareTo(Position other) {
        return Long.compare(value, other.value);
    }
}
