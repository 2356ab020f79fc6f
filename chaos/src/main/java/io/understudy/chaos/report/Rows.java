package io.understudy.chaos.report;

import java.util.ArrayList;
import java.util.List;

/** Places what comes by its left edge in the first row where it does not touch what is there already. */
final class Rows {

    private final List<Double> ends = new ArrayList<>();

    /** The row, from 0. {@code from} must not be less than that of the call before. */
    int place(double from, double to) {
        for (int row = 0; row < ends.size(); row++) {
            if (ends.get(row) <= from) {
                ends.set(row, to);
                return row;
            }
        }
        ends.add(to);
        return ends.size() - 1;
    }

    /** How many rows it took. */
    int count() {
        return ends.size();
    }
}
