package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.Totals;
import java.util.Optional;

/** The run in a row of numbers; those that no run may have are marked. */
final class Figures {

    private final Markup out;

    private Figures(Markup out) {
        this.out = out;
    }

    static void write(Markup out, Totals totals) {
        new Figures(out).write(totals);
    }

    private void write(Totals totals) {
        out.open("section", "class", "figures", "aria-label", "Figures");
        plain("faults", totals.faults(), "");
        plain("failovers", totals.failovers(), "and " + Amounts.count(totals.switchovers(), "switchover"));
        plain("acknowledged", totals.acknowledged(), "writes; " + Amounts.count(totals.reads(), "read"));
        plain("refused", totals.refused(), "told: did not happen");
        plain("unknown", totals.unknown(), "told nothing for certain");
        boolean within = totals.lost() <= totals.allowedLost();
        String allowed = totals.lost() == 0
                ? "acknowledged, not there"
                : (totals.allowedLost() == 0 ? "none" : Amounts.count(totals.allowedLost())) + " of them allowed";
        harm("lost", totals.lost(), within, allowed);
        harm("doubled", totals.doubled(), totals.doubled() == 0, "there more than once");
        harm("misreported", totals.misreported(), totals.misreported() == 0, "refused, and there");
        outage("median outage", totals.outageMedianMillis());
        outage("longest outage", totals.outageLongestMillis());
        out.close().line();
    }

    private void plain(String name, long number, String note) {
        figure("figure", name, Amounts.count(number), note);
    }

    private void harm(String name, long number, boolean allowed, String note) {
        figure(allowed ? "figure" : "figure bad", name, (allowed ? "" : "✘ ") + Amounts.count(number), note);
    }

    private void outage(String name, Optional<Long> millis) {
        figure("figure", name, Amounts.length(millis), millis.isEmpty() ? "no outage" : "caused by faults");
    }

    private void figure(String kind, String name, String value, String note) {
        out.open("div", "class", kind).element("b", value).element("span", name);
        out.element("small", note).close();
    }
}
