package io.understudy.protocol.postgres;

/**
 * A position in the write-ahead log, in bytes since its beginning: an unsigned number of 64 bits, written as two hexadecimal
 * halves ({@code 16/B374D848}).
 */
public record Lsn(long value) implements Comparable<Lsn> {
    private static final int MAX_HALF_DIGITS = 8;

    /**
     * Reads PostgreSQL's notation.
     *
     * @throws IllegalArgumentException when {@code text} is not in that notation
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        return new Lsn(half(text, 0, Math.max(slash, 0)) << Integer.SIZE | half(text, slash + 1, text.length()));
    }

    private static long half(String text, int from, int to) {
        if (to - from < 1 || to - from > MAX_HALF_DIGITS) {
            throw new IllegalArgumentException("'%s' is no log position, expected one as 16/B374D848".formatted(text));
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0 || text.charAt(i) > 'f') {
                throw new IllegalArgumentException(
                        "'%s' is no log position, expected one as 16/B374D848".formatted(text));
            }
            value = value << 4 | digit;
        }
        return value;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> Integer.SIZE, value & 0xffff_ffffL);
    }
}
