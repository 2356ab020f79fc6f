package io.understudy.chaos.report;

/** One table of the page, with its heading; or, without a line in it, the heading and a sentence. */
final class Table implements AutoCloseable {

    /** In pixels. */
    private static final double LONGEST_BAR = 80;

    private final Markup out;
    private final String empty;
    private final String[] columns;
    private boolean begun;
    private boolean inRow;

    /**
     * @param empty the sentence that stands there when no row comes
     * @param columns names; one that begins with {@code #} is of numbers, and loses the sign
     */
    Table(Markup out, String heading, String empty, String... columns) {
        this.out = out;
        this.empty = empty;
        this.columns = columns;
        out.open("section").element("h2", heading);
    }

    Table row(String... attributes) {
        if (!begun) {
            begun = true;
            out.open("div", "class", "wide").open("table").open("thead").open("tr");
            for (String column : columns) {
                boolean number = column.startsWith("#");
                out.element("th", number ? column.substring(1) : column, "scope", "col", "class", number ? "n" : "");
            }
            out.close().close().open("tbody");
        }
        endRow();
        inRow = true;
        out.line().open("tr", attributes);
        return this;
    }

    Table cell(String text) {
        out.element("td", text);
        return this;
    }

    Table number(String text) {
        out.element("td", text, "class", "n");
        return this;
    }

    /** A number that should not be: marked by a sign, not by its colour alone. */
    Table bad(String text) {
        out.element("td", "✘ " + text, "class", "n bad");
        return this;
    }

    /** A length of time with a bar below it, for comparing lines at a glance. */
    Table bar(String text, double part) {
        out.open("td", "class", "n").text(text);
        double width = Math.clamp(part, 0, 1) * LONGEST_BAR;
        if (width >= 1) {
            out.element("i", "", "class", "bar", "style", "width:" + TimeAxis.px(width) + "px");
        }
        out.close();
        return this;
    }

    /** A link within the page, at the beginning of a row. */
    Table link(String text, String target) {
        out.open("td", "class", "n").element("a", text, "href", "#" + target).close();
        return this;
    }

    @Override
    public void close() {
        if (begun) {
            endRow();
            out.close().close().close();
        } else {
            out.element("p", empty);
        }
        out.close().line();
    }

    private void endRow() {
        if (inRow) {
            out.close();
        }
    }
}
