package io.understudy.chaos.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A page in the making: HTML that is well-formed XML too. Text and attribute values come in as they are and go out escaped;
 * only {@link #verbatim} takes what is markup already. Not for more than one thread.
 */
final class Markup {

    /** For what XML can not carry: most control characters, and halves of a surrogate pair. */
    private static final char REPLACEMENT = '\uFFFD';

    private final StringBuilder out = new StringBuilder(1 << 16);
    private final Deque<String> open = new ArrayDeque<>();

    /** Begins an element. {@code attributes} are name, value, name, value. */
    Markup open(String element, String... attributes) {
        begin(element, attributes);
        out.append('>');
        open.push(element);
        return this;
    }

    /** Ends the element that was begun last. */
    Markup close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    /** A whole element with nothing but text in it. */
    Markup element(String element, String text, String... attributes) {
        return open(element, attributes).text(text).close();
    }

    /** A whole element that has no end tag in HTML: a void element, or a shape of SVG. */
    Markup empty(String element, String... attributes) {
        begin(element, attributes);
        out.append("/>");
        return this;
    }

    Markup text(String text) {
        escape(text);
        return this;
    }

    /** What is markup, style or script already: only what this project wrote itself. */
    Markup verbatim(String own) {
        out.append(own);
        return this;
    }

    /** A line's end, for whoever reads the source. */
    Markup line() {
        out.append('\n');
        return this;
    }

    /** The page. Everything begun must be ended. */
    String finish() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("Expected every element closed, found open: " + open);
        }
        return out.toString();
    }

    private void begin(String element, String... attributes) {
        if (attributes.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "Expected name, value, name, value for " + element + ", found " + String.join(", ", attributes));
        }
        out.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            out.append('"');
        }
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            switch (point) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> {
                    if (isAllowed(point)) {
                        out.appendCodePoint(point);
                    } else {
                        out.append(REPLACEMENT);
                    }
                }
            }
        }
    }

    /** What both may hold: <a href="https://www.w3.org/TR/xml/#charsets">XML's characters</a> less HTML's forbidden controls. */
    private static boolean isAllowed(int point) {
        if (point < 0x20) {
            return point == '\t' || point == '\n';
        }
        return (point < 0x7F || point > 0x9F)
                && (point < 0xD800 || point > 0xDFFF)
                && point != 0xFFFE
                && point != 0xFFFF;
    }
}
