package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.LagPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How far one replica was behind, in bytes. The scale is that of a logarithm from 1 KiB on and the same for all replicas;
 * where nothing was told for a while, there is no line. Of the points within one pixel the highest is drawn.
 */
final class LagLane implements Lane {

    private static final double HEIGHT = 64;
    private static final double MARGIN = 7;
    private static final long LOWEST_TOP = 1L << 20;
    private static final long KIB = 1L << 10;
    private static final long[] LINES = {0, 1L << 15, 1L << 20, 1L << 25, 1L << 30, 1L << 35, 1L << 40};
    private static final double BETWEEN_LINES = 11;
    /** A pause longer than that, and than several usual ones, breaks the line. */
    private static final long PAUSE_MILLIS = 2_500;

    private final String node;
    private final List<LagPoint> points;
    private final long top;

    /** @param all of the run, oldest first */
    LagLane(String node, List<LagPoint> all) {
        this.node = node;
        this.points = all.stream().filter(point -> point.node().equals(node)).toList();
        this.top = Math.max(
                LOWEST_TOP, all.stream().mapToLong(LagPoint::bytes).max().orElse(0));
    }

    @Override
    public String group() {
        return "Replica lag, log scale";
    }

    @Override
    public String name() {
        return node;
    }

    @Override
    public String note() {
        return points.stream().mapToLong(LagPoint::bytes).max().stream()
                .mapToObj(most -> "at most " + Amounts.bytes(most))
                .findFirst()
                .orElse("");
    }

    @Override
    public double height() {
        return HEIGHT;
    }

    @Override
    public List<Mark> marks() {
        return lines().stream()
                .map(bytes -> new Mark(y(bytes), bytes == 0 ? "0" : Amounts.bytes(bytes)))
                .toList();
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        for (long bytes : lines()) {
            String y = px(y(bytes));
            svg.empty("line", "class", "grid", "x1", "0", "x2", px(axis.width()), "y1", y, "y2", y);
        }
        svg.empty("path", "class", "lag", "d", path(axis)).line();
    }

    private List<Long> lines() {
        List<Long> lines = new ArrayList<>();
        for (long bytes : LINES) {
            if (bytes <= top && (lines.isEmpty() || y(lines.getLast()) - y(bytes) >= BETWEEN_LINES)) {
                lines.add(bytes);
            }
        }
        return lines;
    }

    private String path(TimeAxis axis) {
        StringBuilder path = new StringBuilder();
        long pause = Math.max(PAUSE_MILLIS, 4 * usualPause());
        long column = -1;
        long last = Long.MIN_VALUE / 2;
        for (int i = 0; i < points.size(); ) {
            LagPoint highest = points.get(i);
            long here = (long) axis.x(highest.atMillis());
            int next = i;
            while (next < points.size() && (long) axis.x(points.get(next).atMillis()) == here) {
                highest = points.get(next).bytes() > highest.bytes() ? points.get(next) : highest;
                next++;
            }
            boolean broken = column < 0 || points.get(i).atMillis() - last > pause;
            path.append(broken ? 'M' : 'L')
                    .append(px(axis.x(highest.atMillis())))
                    .append(' ')
                    .append(px(y(highest.bytes())));
            if (broken) {
                path.append("h.1");
            }
            column = here;
            last = points.get(next - 1).atMillis();
            i = next;
        }
        return path.toString();
    }

    private long usualPause() {
        long[] pauses = new long[Math.max(0, points.size() - 1)];
        for (int i = 0; i < pauses.length; i++) {
            pauses[i] = points.get(i + 1).atMillis() - points.get(i).atMillis();
        }
        Arrays.sort(pauses);
        return pauses.length == 0 ? 0 : pauses[pauses.length / 2];
    }

    private double y(long bytes) {
        double part = Math.log1p(Math.max(0, bytes) / (double) KIB) / Math.log1p(top / (double) KIB);
        return HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN);
    }
}
