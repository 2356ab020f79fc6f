package io.understudy.chaos.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A run's result as one HTML page that needs nothing but itself. Everything on it can be read without its script, which
 * adds a cursor, a closer look, and jumping about.
 */
public final class ReportPage {

    private ReportPage() {}

    /** Writes all of it or nothing; replaces what was there. */
    public static void write(Path file, ChaosReport report) throws IOException {
        WholeFile.write(file, render(report));
    }

    /** The page. It is well-formed XML as well. */
    public static String render(ChaosReport report) {
        Markup out = new Markup();
        out.verbatim("<!DOCTYPE html>\n").open("html", "lang", "en");
        head(out, report);
        out.open("body").open("main").line();
        Headline.write(out, report);
        Figures.write(out, report.totals());
        timeline(out, report);
        // Those of a few lines first: an hour has hundreds of faults and changes.
        FaultTables.byKind(out, report.faults());
        RunTables.agents(out, report.agents());
        RunTables.clients(out, report.clients());
        FaultTables.each(out, report.faults());
        FaultTables.uncaused(out, report.uncaused());
        RunTables.changes(out, report.tenures());
        RunTables.outages(out, report.outages(), report.faults());
        out.close();
        out.open("script").verbatim(resource("page.js")).close();
        out.close().close().line();
        return out.finish();
    }

    private static void head(Markup out, ChaosReport report) {
        out.open("head").empty("meta", "charset", "utf-8").line();
        // Not even by mistake does the page fetch anything.
        out.empty(
                "meta",
                "http-equiv",
                "Content-Security-Policy",
                "content",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'");
        out.line().empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        out.empty("meta", "name", "color-scheme", "content", "light dark").line();
        out.element(
                "title",
                "Understudy chaos: " + Headline.verdict(report) + ", " + report.mode() + ", seed " + report.seed());
        out.line().open("style").verbatim(resource("page.css")).close().close().line();
    }

    private static void timeline(Markup out, ChaosReport report) {
        TimeAxis axis = TimeAxis.of(report);
        out.open("section").element("h2", "Timeline");
        legend(out);
        new Overview(report, axis).write(out);
        out.open("div", "class", "tools", "id", "tools", "hidden", "hidden");
        out.element("span", "Closer:");
        for (String factor : new String[] {"1", "2", "4", "8"}) {
            out.element("button", factor + "×", "type", "button", "data-zoom", factor);
        }
        out.element("output", "Point at the timeline to read it.", "id", "readout");
        out.close().line();
        new Timeline(report, axis).write(out);
        out.close().line();
    }

    private static void legend(Markup out) {
        out.open("ul", "class", "legend");
        key(out, "k-fault", "fault, from cause to repair; its number leads to the table");
        key(out, "k-outage", "outage: no client had a write acknowledged");
        key(out, "k-ack", "acknowledged (upper strip; stronger is more)");
        key(out, "k-refused", "refused (middle strip)");
        key(out, "k-unknown", "unknown (lower strip)");
        key(out, "k-none", "nothing answered");
        out.close().line();
    }

    private static void key(Markup out, String kind, String text) {
        out.open("li").element("i", "", "class", kind).text(text).close();
    }

    private static String resource(String name) {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("Expected " + name + " beside " + ReportPage.class.getName()
                        + ", found none: the module was not built whole");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("reading " + name, unreadable);
        }
    }
}
