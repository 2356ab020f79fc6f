package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.FaultSpan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The faults that befell one node, each a bar from cause to repair under its number; its name too where that fits before
 * the next one. Faults at the same time stand in rows below each other. A bar leads to its line in the table.
 */
final class FaultLane implements Lane {

    private static final double ROW = 22;
    private static final double GAP = 5;
    private static final double BAR = 7;
    private static final double NARROWEST = 3;

    private final String node;
    /** Whether the table leads to this lane's bars for a fault of all nodes. */
    private final boolean first;

    private final List<Placed> placed = new ArrayList<>();
    private final Rows rows = new Rows();

    private record Placed(FaultSpan fault, int row, double x, double width) {}

    /** @param all of the run; the lane takes those of {@code node}, and those of nobody in particular */
    FaultLane(String node, List<String> nodes, List<FaultSpan> all, TimeAxis axis) {
        this.node = node;
        this.first = node.equals(nodes.getFirst());
        all.stream()
                .filter(fault -> fault.nodes().isEmpty() || fault.nodes().contains(node))
                .sorted(Comparator.comparingLong(FaultSpan::fromMillis))
                .forEach(fault -> {
                    double x = axis.x(fault.fromMillis());
                    double width = Math.max(NARROWEST, axis.x(fault.toMillis()) - x);
                    double taken = Math.max(width, Lane.widthOf(number(fault))) + GAP;
                    placed.add(new Placed(fault, rows.place(x, x + taken), x, width));
                });
    }

    @Override
    public String group() {
        return "Faults";
    }

    @Override
    public String name() {
        return node;
    }

    @Override
    public double height() {
        return Math.max(1, rows.count()) * ROW + 4;
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        double[] next = new double[rows.count()];
        Arrays.fill(next, axis.width() + GAP);
        String[] labels = new String[placed.size()];
        for (int i = placed.size() - 1; i >= 0; i--) {
            Placed bar = placed.get(i);
            String named = number(bar.fault()) + " " + bar.fault().fault();
            labels[i] = bar.x() + Lane.widthOf(named) + GAP <= next[bar.row()] ? named : number(bar.fault());
            next[bar.row()] = bar.x();
        }
        for (int i = 0; i < labels.length; i++) {
            draw(svg, placed.get(i), labels[i]);
        }
    }

    private void draw(Markup svg, Placed bar, String label) {
        FaultSpan fault = bar.fault();
        double top = bar.row() * ROW + 2;
        if (leadsHere(fault)) {
            svg.open("a", "href", "#fault-" + fault.number(), "id", "bar-" + fault.number());
        } else {
            svg.open("a", "href", "#fault-" + fault.number());
        }
        svg.element("title", told(fault));
        svg.element("text", label, "x", px(bar.x()), "y", px(top + 10), "class", "label");
        svg.empty(
                "rect",
                "class",
                "fault",
                "x",
                px(bar.x()),
                "y",
                px(top + 12),
                "width",
                px(bar.width()),
                "height",
                px(BAR),
                "rx",
                "1.5");
        svg.close().line();
    }

    private boolean leadsHere(FaultSpan fault) {
        return fault.nodes().isEmpty() ? first : fault.nodes().getFirst().equals(node);
    }

    private static String number(FaultSpan fault) {
        return Integer.toString(fault.number());
    }

    private static String told(FaultSpan fault) {
        return "fault " + fault.number() + ": " + fault.fault() + " on "
                + (fault.nodes().isEmpty() ? "all nodes" : String.join(", ", fault.nodes())) + "\n" + fault.text()
                + "\n" + Amounts.at(fault.fromMillis()) + " to " + Amounts.at(fault.toMillis()) + "\noutage: "
                + fault.outageMillis().map(Amounts::length).orElse("no write was acknowledged afterwards")
                + "\nhealed: "
                + fault.healedMillis()
                        .map(millis -> Amounts.length(millis) + " after the repair")
                        .orElse("not in time");
    }
}
