package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.ClientTrack;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Where a time stands on the timeline. A short run fills the page; a long one is as wide as its faults need to be told
 * apart, and scrolls.
 *
 * @param endMillis the last time that is drawn
 * @param pixelsPerSecond {@value #LEAST} to {@value #MOST}; less only where a run of many hours would pass {@value #WIDEST} pixels
 */
record TimeAxis(long endMillis, double pixelsPerSecond) {

    static final double LEAST = 3.75;
    static final double MOST = 20;
    static final double WIDEST = 60_000;
    private static final double PAGE = 1_130;
    private static final double BETWEEN_TICKS = 80;
    private static final long[] STEPS = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400};

    /** Long enough for all that the run tells of, also for what came after its end. */
    static TimeAxis of(ChaosReport report) {
        LongStream ends = LongStream.of(1_000, report.lastedMillis());
        ends = LongStream.concat(ends, report.faults().stream().mapToLong(fault -> fault.toMillis()));
        ends = LongStream.concat(ends, report.outages().stream().mapToLong(outage -> outage.toMillis()));
        ends = LongStream.concat(ends, report.tenures().stream().mapToLong(tenure -> tenure.fromMillis()));
        ends = LongStream.concat(ends, report.lag().stream().mapToLong(point -> point.atMillis()));
        ends = LongStream.concat(ends, report.clients().stream().mapToLong(TimeAxis::end));
        ends = LongStream.concat(ends, report.findings().stream().mapToLong(finding -> finding.atMillis()));
        long end = ends.max().orElse(1_000);
        double scale = Math.clamp(PAGE / (end / 1e3), LEAST, MOST);
        return new TimeAxis(end, Math.min(scale, WIDEST / (end / 1e3)));
    }

    private static long end(ClientTrack track) {
        return track.slotMillis() * track.slots().size();
    }

    double x(long millis) {
        return Math.clamp(millis, 0, endMillis) * pixelsPerSecond / 1e3;
    }

    double width() {
        return x(endMillis);
    }

    /** How much time one pixel is, in milliseconds. */
    double millisPerPixel() {
        return 1e3 / pixelsPerSecond;
    }

    /** The times that get a line and a label: round ones, far enough from each other. */
    List<Long> ticks() {
        long step = STEPS[STEPS.length - 1];
        for (long seconds : STEPS) {
            if (seconds * pixelsPerSecond >= BETWEEN_TICKS) {
                step = seconds;
                break;
            }
        }
        List<Long> ticks = new ArrayList<>();
        for (long at = 0; at <= endMillis; at += step * 1_000) {
            ticks.add(at);
        }
        return ticks;
    }

    /** A coordinate as SVG has it, to the tenth of a pixel. */
    static String px(double value) {
        long tenths = Math.round(value * 10);
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : Double.toString(tenths / 10.0);
    }
}
