package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.TenureSpan;
import java.util.List;

/** When one node was primary: a bar for every tenure, coloured by its epoch, with the epoch's number where that fits. */
final class TenureLane implements Lane {

    private static final int COLOURS = 8;
    private static final double NARROWEST = 2;
    private static final double BAR = 16;

    private final String node;
    private final List<TenureSpan> tenures;

    TenureLane(String node, List<TenureSpan> all) {
        this.node = node;
        this.tenures = all.stream().filter(tenure -> tenure.node().equals(node)).toList();
    }

    @Override
    public String group() {
        return "Primary, by epoch";
    }

    @Override
    public String name() {
        return node;
    }

    @Override
    public double height() {
        return BAR + 6;
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        for (TenureSpan tenure : tenures) {
            double x = axis.x(tenure.fromMillis());
            double width = width(tenure, axis);
            svg.open("g");
            svg.element("title", told(tenure));
            svg.empty(
                    "rect",
                    "class",
                    colour(tenure.epoch()),
                    "x",
                    px(x),
                    "y",
                    "3",
                    "width",
                    px(width),
                    "height",
                    px(BAR),
                    "rx",
                    "2");
            String named = "epoch " + tenure.epoch();
            String number = Long.toString(tenure.epoch());
            String label = Lane.widthOf(named) + 8 <= width ? named : number;
            if (Lane.widthOf(label) + 4 <= width) {
                svg.element("text", label, "class", "on-bar", "x", px(x + 4), "y", "15");
            }
            svg.close().line();
        }
    }

    /** Up to the end of the axis for the tenure that still ran. */
    static double width(TenureSpan tenure, TimeAxis axis) {
        double end = axis.x(tenure.toMillis().orElse(axis.endMillis()));
        return Math.max(NARROWEST, end - axis.x(tenure.fromMillis()));
    }

    static String colour(long epoch) {
        return "epoch e" + Math.floorMod(epoch, COLOURS);
    }

    private static String told(TenureSpan tenure) {
        return "epoch " + tenure.epoch() + ": " + tenure.node() + ", by " + tenure.cause() + "\n"
                + Amounts.at(tenure.fromMillis()) + " to "
                + tenure.toMillis().map(Amounts::at).orElse("the end of the run") + "\n" + tenure.rule() + ": "
                + tenure.reason();
    }
}
