package io.understudy.simulation;

/** A source of chance. What it gives follows from what it was made with and nothing else. */
abstract class Chance {

    /** Steps of a counter that is to be mixed: odd, and their bits without a pattern. */
    static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    private static final double UNIT = 0x1p-53;

    /** The next 64 bits. */
    abstract long bits();

    /** A number from {@code from} up to and including {@code to}. */
    final long between(long from, long to) {
        return from + Math.unsignedMultiplyHigh(bits(), to - from + 1);
    }

    /** A number from 0 up to and not including {@code bound}. */
    final int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(bits(), bound);
    }

    final boolean chance(double probability) {
        return (bits() >>> 11) * UNIT < probability;
    }

    /** What is drawn for {@code what} in the history of {@code seed}, whatever else is drawn in it. */
    static Chance of(long seed, String what) {
        return new Of(mix(seed + STEP) ^ mix(what.hashCode()));
    }

    /** Turns a counter into bits without a pattern (the finalizer of SplitMix64). */
    static long mix(long counter) {
        long mixed = (counter ^ counter >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ mixed >>> 31;
    }

    private static final class Of extends Chance {
        private long counter;

        private Of(long from) {
            counter = from;
        }

        @Override
        long bits() {
            counter += STEP;
            return mix(counter);
        }
    }
}
