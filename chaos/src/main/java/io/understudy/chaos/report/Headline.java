package io.understudy.chaos.report;

import io.understudy.chaos.report.ChaosReport.Finding;
import io.understudy.chaos.report.ChaosReport.Totals;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The page's top: kept, broken or not tested, and how to run the same again. */
final class Headline {

    /** Further ones are counted; the JSON file has all. */
    static final int FINDINGS_SHOWN = 100;

    private Headline() {}

    /** In a few words, for the window's title too. */
    static String verdict(ChaosReport report) {
        if (!report.isKept()) {
            return "Promises broken: " + Amounts.count(report.findings().size(), "finding");
        }
        return isUntested(report) ? "Nothing put to the test" : "Every promise kept";
    }

    /** A run that broke nothing because nothing was there to break. */
    private static boolean isUntested(ChaosReport report) {
        return report.isKept() && report.totals().acknowledged() == 0;
    }

    static void write(Markup out, ChaosReport report) {
        String kind = isUntested(report) ? "untested" : report.isKept() ? "kept" : "broken";
        String sign = isUntested(report) ? "? " : report.isKept() ? "✔ " : "✘ ";
        out.open("header", "class", "verdict " + kind);
        out.element("h1", sign + verdict(report));
        out.element("p", summary(report.totals()));
        findings(out, report.findings());
        out.close().line();
        out.open("dl", "class", "facts");
        fact(out, "Mode", report.mode());
        fact(out, "Seed", Long.toString(report.seed()));
        fact(out, "Commit", report.commit() + (report.commit().endsWith("+") ? " (sources changed since)" : ""));
        fact(out, "Began", report.beganAt().truncatedTo(ChronoUnit.SECONDS).toString());
        fact(out, "Lasted", Amounts.length(report.lastedMillis()));
        fact(out, "Nodes", report.nodes().isEmpty() ? "none" : String.join(", ", report.nodes()));
        out.close().line();
        out.open("p", "class", "again").text("Run the same again: ");
        out.element("code", report.command()).close().line();
    }

    private static void findings(Markup out, List<Finding> findings) {
        if (findings.isEmpty()) {
            return;
        }
        out.open("ul", "id", "findings", "class", "findings");
        for (Finding finding : findings.subList(0, Math.min(FINDINGS_SHOWN, findings.size()))) {
            out.open("li").element("strong", finding.promise()).text(" ");
            out.element("span", "at " + Amounts.at(finding.atMillis()), "class", "when");
            out.element("div", finding.text()).close();
        }
        if (findings.size() > FINDINGS_SHOWN) {
            out.element(
                    "li", "and " + Amounts.count(findings.size() - FINDINGS_SHOWN) + " more, in the run's JSON file");
        }
        out.close();
    }

    private static String summary(Totals totals) {
        if (totals.acknowledged() == 0) {
            return "No write was acknowledged in this run: it shows nothing about what happens to acknowledged writes.";
        }
        return "Of " + Amounts.count(totals.acknowledged(), "acknowledged write") + " under "
                + Amounts.count(totals.faults(), "fault") + ", " + Amounts.count(totals.failovers(), "failover")
                + " and " + Amounts.count(totals.switchovers(), "switchover") + ": " + lost(totals) + ", "
                + (totals.doubled() == 0 ? "none" : Amounts.count(totals.doubled())) + " doubled. Of "
                + Amounts.count(totals.refused(), "refused write") + ", "
                + (totals.misreported() == 0 ? "none" : Amounts.count(totals.misreported()))
                + " took effect.";
    }

    private static String lost(Totals totals) {
        if (totals.lost() == 0) {
            return "none lost";
        }
        return Amounts.count(totals.lost()) + " lost"
                + (totals.allowedLost() > 0
                        ? " (async may lose " + Amounts.count(totals.allowedLost()) + " of them)"
                        : "");
    }

    private static void fact(Markup out, String name, String value) {
        out.open("div").element("dt", name).element("dd", value).close();
    }
}
