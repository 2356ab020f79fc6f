package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.LagPoint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * All lanes below each other over one axis of time, as inline SVG. The lanes' names are a drawing of their own, which stays
 * where it is when the lanes scroll.
 */
final class Timeline {

    private static final double NAMES = 190;
    private static final int LONGEST_NAME = 24;
    private static final int LONGEST_NOTE = 32;
    private static final double SCALE = 22;
    private static final double HEADING = 22;

    private final ChaosReport report;
    private final TimeAxis axis;
    private final List<Placed> placed = new ArrayList<>();
    private final double height;

    /** @param heading of the group that begins with this lane; empty within one */
    private record Placed(Lane lane, String heading, double top) {}

    Timeline(ChaosReport report, TimeAxis axis) {
        this.report = report;
        this.axis = axis;
        double top = SCALE;
        String group = "";
        for (Lane lane : lanes(report, axis)) {
            String heading = lane.group().equals(group) ? "" : lane.group();
            group = lane.group();
            top += heading.isEmpty() ? 0 : HEADING;
            placed.add(new Placed(lane, heading, top));
            top += lane.height();
        }
        this.height = top + SCALE;
    }

    private static List<Lane> lanes(ChaosReport report, TimeAxis axis) {
        List<Lane> lanes = new ArrayList<>();
        if (!report.findings().isEmpty()) {
            lanes.add(new FindingLane(report.findings()));
        }
        lanes.add(new OutageLane(report.outages()));
        List<String> nodes = nodes(report);
        nodes.forEach(node -> lanes.add(new FaultLane(node, nodes, report.faults(), axis)));
        nodes.forEach(node -> lanes.add(new TenureLane(node, report.tenures())));
        nodes.stream()
                .filter(node ->
                        report.lag().stream().anyMatch(point -> point.node().equals(node)))
                .forEach(node -> lanes.add(new LagLane(node, report.lag())));
        report.clients().forEach(track -> lanes.add(new ClientLane(track, axis)));
        return lanes;
    }

    /** The cluster's, and whoever else is told of. */
    private static List<String> nodes(ChaosReport report) {
        Set<String> nodes = new LinkedHashSet<>(report.nodes());
        report.tenures().forEach(tenure -> nodes.add(tenure.node()));
        report.faults().stream().map(FaultSpan::nodes).forEach(nodes::addAll);
        report.lag().stream().map(LagPoint::node).forEach(nodes::add);
        return List.copyOf(nodes);
    }

    void write(Markup out) {
        out.open("div", "class", "timeline");
        names(out);
        out.open("div", "class", "scroll", "id", "scroll", "tabindex", "0", "role", "group", "aria-label", "Timeline");
        lanes(out);
        out.close();
        out.close().line();
    }

    private void names(Markup out) {
        out.open("svg", "class", "names", "width", px(NAMES), "height", px(height), "aria-hidden", "true");
        for (Placed each : placed) {
            Lane lane = each.lane();
            heading(out, each);
            out.open("g", "transform", "translate(0 " + px(each.top()) + ")");
            out.empty("line", "class", "rule", "x1", "0", "x2", px(NAMES), "y1", "0", "y2", "0");
            out.element("title", lane.name() + (lane.note().isEmpty() ? "" : "\n" + lane.note()));
            out.element("text", cut(lane.name(), LONGEST_NAME), "class", "name", "x", "8", "y", "14");
            if (!lane.note().isEmpty()) {
                out.element("text", cut(lane.note(), LONGEST_NOTE), "class", "note", "x", "8", "y", "27");
            }
            for (Lane.Mark mark : lane.marks()) {
                out.element("text", mark.label(), "class", "mark", "x", px(NAMES - 6), "y", px(mark.y() + 3));
            }
            out.close().line();
        }
        out.close().line();
    }

    private static void heading(Markup out, Placed each) {
        if (!each.heading().isEmpty()) {
            out.element("text", each.heading(), "class", "heading", "x", "8", "y", px(each.top() - 6));
        }
    }

    private void lanes(Markup out) {
        String width = px(axis.width());
        out.open(
                "svg",
                "id",
                "lanes",
                "class",
                "lanes",
                "role",
                "img",
                "aria-label",
                "What happened when; the tables below tell the same in words",
                "width",
                width,
                "height",
                px(height),
                "viewBox",
                "0 0 " + width + " " + px(height),
                "preserveAspectRatio",
                "none",
                "data-end",
                Long.toString(axis.endMillis()));
        out.line();
        ticks(out);
        OutageLane.bands(out, report.outages(), axis, height - SCALE);
        for (Placed each : placed) {
            out.open("g", "transform", "translate(0 " + px(each.top()) + ")");
            out.empty("line", "class", "rule", "x1", "0", "x2", width, "y1", "0", "y2", "0");
            each.lane().draw(out, axis);
            out.close().line();
        }
        FindingLane.lines(out, report.findings(), axis, height - SCALE);
        out.empty("line", "id", "cursor", "class", "cursor", "x1", "-9", "x2", "-9", "y1", "0", "y2", px(height));
        out.close().line();
    }

    private void ticks(Markup out) {
        for (long at : axis.ticks()) {
            String x = px(axis.x(at));
            String label = Amounts.clock(at);
            out.empty("line", "class", "grid", "x1", x, "x2", x, "y1", px(SCALE - 5), "y2", px(height - SCALE + 5));
            if (axis.x(at) + Lane.widthOf(label) + 3 <= axis.width()) {
                String beside = px(axis.x(at) + 3);
                out.element("text", label, "class", "tick", "x", beside, "y", px(SCALE - 8));
                out.element("text", label, "class", "tick", "x", beside, "y", px(height - 6));
            }
        }
        out.line();
    }

    private static String cut(String text, int longest) {
        if (text.codePointCount(0, text.length()) <= longest) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, longest - 1)) + "…";
    }
}
