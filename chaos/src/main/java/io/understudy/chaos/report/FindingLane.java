package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.Finding;
import java.util.List;

/** When each broken promise was seen: a cross, and a line through all lanes. */
final class FindingLane implements Lane {

    private final List<Finding> findings;

    FindingLane(List<Finding> findings) {
        this.findings = findings;
    }

    @Override
    public String group() {
        return "";
    }

    @Override
    public String name() {
        return "Broken promises";
    }

    @Override
    public double height() {
        return 18;
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        for (Finding finding : findings) {
            svg.open("a", "href", "#findings");
            svg.element("title", finding.promise() + "\n" + finding.text() + "\nat " + Amounts.at(finding.atMillis()));
            svg.element("text", "✘", "class", "cross", "x", px(axis.x(finding.atMillis())), "y", "14");
            svg.close().line();
        }
    }

    /** The lines, as high as all lanes together. */
    static void lines(Markup svg, List<Finding> findings, TimeAxis axis, double height) {
        for (Finding finding : findings) {
            String x = px(axis.x(finding.atMillis()));
            svg.empty("line", "class", "found", "x1", x, "x2", x, "y1", "0", "y2", px(height));
        }
    }
}
