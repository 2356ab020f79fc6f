package io.understudy.chaos.report;

import java.util.Locale;
import java.util.Optional;

/** Numbers as people read them. */
final class Amounts {

    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

    private Amounts() {}

    /** {@code 1,234,567}. */
    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1 fault}, {@code 12 faults}: the plain plural. */
    static String count(long number, String thing) {
        return count(number) + " " + thing + (number == 1 ? "" : "s");
    }

    /** A length of time: {@code 840 ms}, {@code 1.84 s}, {@code 4 min 12 s}, {@code 1 h 2 min}. */
    static String length(long millis) {
        if (millis < 1_000) {
            return millis + " ms";
        }
        if (millis < 59_950) {
            return String.format(Locale.ROOT, millis < 9_995 ? "%.2f s" : "%.1f s", millis / 1e3);
        }
        long seconds = Math.round(millis / 1e3);
        if (seconds < 3_600) {
            return seconds / 60 + " min" + (seconds % 60 == 0 ? "" : " " + seconds % 60 + " s");
        }
        long minutes = Math.round(seconds / 60.0);
        return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
    }

    /** The same, or a dash. */
    static String length(Optional<Long> millis) {
        return millis.map(Amounts::length).orElse("–");
    }

    /** A point in time since the run began, to the tenth of a second: {@code 2:07.4}, {@code 1:02:07.4}. */
    static String at(long millis) {
        long tenths = Math.floorDiv(millis, 100L);
        return clock(tenths * 100) + "." + Math.floorMod(tenths, 10L);
    }

    /** The same in whole seconds: {@code 2:07}, {@code 1:02:07}. */
    static String clock(long millis) {
        if (millis < 0) {
            return "-" + clock(-millis);
        }
        long seconds = millis / 1_000;
        return seconds < 3_600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }

    /** {@code 512 B}, {@code 1.5 MiB}, {@code 16 MiB}. */
    static String bytes(long bytes) {
        if (Math.abs(bytes) < 1_024) {
            return bytes + " B";
        }
        double size = bytes;
        int unit = -1;
        while (Math.abs(size) >= 1_023.95 && unit < UNITS.length - 1) {
            size /= 1_024;
            unit++;
        }
        boolean round = size == Math.rint(size) || Math.abs(size) >= 100;
        return String.format(Locale.ROOT, round ? "%.0f %s" : "%.1f %s", size, UNITS[unit]);
    }
}
