package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

/** The whole run in the width of the page: faults, who is primary, outages. For runs whose timeline scrolls. */
final class Overview {

    /** A narrower timeline is its own overview. */
    private static final double LEAST_WIDTH = 1_600;

    private static final double WIDTH = 1_000;
    private static final double HEIGHT = 40;
    private static final double NARROWEST = 1;
    private static final int LABELS = 6;

    private final ChaosReport report;
    private final TimeAxis axis;

    Overview(ChaosReport report, TimeAxis axis) {
        this.report = report;
        this.axis = axis;
    }

    void write(Markup out) {
        if (axis.width() < LEAST_WIDTH) {
            return;
        }
        out.open("div", "class", "overview", "id", "overview");
        out.open(
                "svg",
                "viewBox",
                "0 0 " + px(WIDTH) + " " + px(HEIGHT),
                "preserveAspectRatio",
                "none",
                "role",
                "img",
                "aria-label",
                "The whole run at once: faults above, the primary's epochs below, outages in red across both");
        report.tenures()
                .forEach(tenure -> bar(
                        out,
                        TenureLane.colour(tenure.epoch()),
                        tenure.fromMillis(),
                        tenure.toMillis().orElse(axis.endMillis()),
                        20,
                        16));
        report.faults().forEach(fault -> bar(out, "fault", fault.fromMillis(), fault.toMillis(), 6, 8));
        report.outages().forEach(outage -> bar(out, "outage", outage.fromMillis(), outage.toMillis(), 0, HEIGHT));
        out.empty("rect", "id", "window", "class", "window", "x", "0", "y", "0", "width", "0", "height", px(HEIGHT));
        out.close().line();
        out.open("div", "class", "overview-times");
        for (int i = 0; i < LABELS; i++) {
            out.element("span", Amounts.clock(axis.endMillis() * i / (LABELS - 1)));
        }
        out.close().close().line();
    }

    private void bar(Markup out, String kind, long from, long to, double top, double height) {
        double x = at(from);
        double width = Math.max(NARROWEST, at(to) - x);
        out.empty("rect", "class", kind, "x", px(x), "y", px(top), "width", px(width), "height", px(height));
    }

    private double at(long millis) {
        return axis.x(millis) / axis.width() * WIDTH;
    }
}
