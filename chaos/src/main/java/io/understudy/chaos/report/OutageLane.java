package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.OutageSpan;
import java.util.List;

/** How long each outage took, above the band that it paints through all lanes; left out where it would cover the one before. */
final class OutageLane implements Lane {

    static final double NARROWEST = 1.5;
    private static final double GAP = 6;

    private final List<OutageSpan> outages;

    OutageLane(List<OutageSpan> outages) {
        this.outages = outages;
    }

    @Override
    public String group() {
        return "";
    }

    @Override
    public String name() {
        return "Outages";
    }

    @Override
    public double height() {
        return 20;
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        double free = 0;
        for (OutageSpan outage : outages) {
            String label = Amounts.length(outage.toMillis() - outage.fromMillis());
            double half = Lane.widthOf(label) / 2;
            double middle = (axis.x(outage.fromMillis()) + axis.x(outage.toMillis())) / 2;
            double x = Math.min(Math.max(middle, half), axis.width() - half);
            if (x - half >= free) {
                svg.element("text", label, "class", "outage-label", "x", px(x), "y", "14");
                free = x + half + GAP;
            }
        }
    }

    /** The bands, as high as all lanes together. */
    static void bands(Markup svg, List<OutageSpan> outages, TimeAxis axis, double height) {
        for (OutageSpan outage : outages) {
            double x = axis.x(outage.fromMillis());
            svg.open(
                    "rect",
                    "class",
                    "outage",
                    "x",
                    px(x),
                    "y",
                    "0",
                    "width",
                    px(Math.max(NARROWEST, axis.x(outage.toMillis()) - x)),
                    "height",
                    px(height));
            svg.element("title", told(outage)).close().line();
        }
    }

    private static String told(OutageSpan outage) {
        return "outage of " + Amounts.length(outage.toMillis() - outage.fromMillis()) + "\n"
                + Amounts.at(outage.fromMillis()) + " to " + Amounts.at(outage.toMillis());
    }
}
