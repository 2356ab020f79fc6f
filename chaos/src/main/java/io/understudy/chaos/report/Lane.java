package io.understudy.chaos.report;

import java.util.List;

/** One row of the timeline. What it draws lies between 0 and {@link #height}, from its own top. */
interface Lane {

    double FONT = 11;
    /** What a character of that size takes at most, on average. */
    double CHARACTER = 6.4;

    /** Lanes of one group follow each other under this heading. */
    String group();

    String name();

    /** A second, smaller line under the name; empty for none. */
    default String note() {
        return "";
    }

    /** In pixels. */
    double height();

    /** Labels of the lane's own scale, drawn beside the name, where they do not scroll away. */
    default List<Mark> marks() {
        return List.of();
    }

    void draw(Markup svg, TimeAxis axis);

    /** About how wide a label is, in pixels. */
    static double widthOf(String label) {
        return label.length() * CHARACTER;
    }

    /**
     * A label of a lane's own scale.
     *
     * @param y from the lane's top, in pixels
     */
    record Mark(double y, String label) {}
}
