package io.understudy.router.sql;

import java.util.Locale;

/**
 * PostgreSQL's lexical rules (src/backend/parser/scan.l), as far as where tokens begin and end: {@link #next} moves from token to token.
 *
 * <p>Strings without a letter before them are read as with {@code standard_conforming_strings} on. Every character from 0x80 on may be part
 * of a name, so that bytes decoded as ISO-8859-1 are read as the server reads them.
 */
final class SqlLexer {

    enum Kind {
        /** A key word, or a name without quotes. */
        WORD,
        /** A name in double quotes. */
        QUOTED,
        /** A name as {@code U&"..."}. */
        UNICODE,
        STRING,
        NUMBER,
        PARAMETER,
        /** One character of punctuation or of an operator. */
        SYMBOL,
        END,
        /** A quote or a comment that does not end, or an empty name. The server refuses the whole text. */
        BROKEN
    }

    private final String sql;
    private int at;
    private Kind kind = Kind.END;
    private int start;

    SqlLexer(String sql) {
        this.sql = sql;
    }

    /** Where the token begins. */
    int start() {
        return start;
    }

    /** Behind the token's last character. */
    int end() {
        return at;
    }

    boolean is(char symbol) {
        return kind == Kind.SYMBOL && sql.charAt(start) == symbol;
    }

    /** Whether the token is this key word, given in lower case. */
    boolean is(String word) {
        return kind == Kind.WORD
                && at - start == word.length()
                && sql.regionMatches(true, start, word, 0, word.length());
    }

    Kind kind() {
        return kind;
    }

    /** The text of the token. */
    String text() {
        return sql.substring(start, at);
    }

    Kind next() {
        if (kind != Kind.BROKEN && skipBlank()) {
            start = at;
            kind = at == sql.length() ? Kind.END : token(sql.charAt(at));
        } else {
            kind = Kind.BROKEN;
        }
        return kind;
    }

    private Kind token(char c) {
        if (isNameStart(c)) {
            return wordOrPrefixed(c);
        }
        return switch (c) {
            case '\'' -> string(Escapes.NONE);
            case '"' -> quotedName(Kind.QUOTED);
            case '$' -> dollar();
            case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            case '.' -> isDigit(peek(1)) ? number() : symbol();
            default -> symbol();
        };
    }

    private Kind symbol() {
        at++;
        return Kind.SYMBOL;
    }

    private enum Escapes {
        NONE,
        BACKSLASH
    }

    private Kind wordOrPrefixed(char first) {
        char second = peek(1);
        if (second == '\'') {
            switch (first) {
                case 'e', 'E' -> {
                    at++;
                    return string(Escapes.BACKSLASH);
                }
                case 'b', 'B', 'x', 'X', 'n', 'N' -> {
                    at++;
                    return string(Escapes.NONE);
                }
                default -> {}
            }
        }
        if ((first == 'u' || first == 'U') && second == '&') {
            char quote = peek(2);
            if (quote == '\'' || quote == '"') {
                at += 2;
                return quote == '"' ? quotedName(Kind.UNICODE) : string(Escapes.NONE);
            }
        }
        while (isNamePart(peek(0))) {
            at++;
        }
        return Kind.WORD;
    }

    /** A string, and those that continue it on other lines: they are read as the first one is. */
    private Kind string(Escapes escapes) {
        do {
            at++;
            if (!stringBody(escapes)) {
                return Kind.BROKEN;
            }
        } while (continues());
        return Kind.STRING;
    }

    private boolean stringBody(Escapes escapes) {
        for (; at < sql.length(); at++) {
            char c = sql.charAt(at);
            if (c == '\\' && escapes == Escapes.BACKSLASH) {
                at++;
            } else if (c == '\'') {
                if (peek(1) != '\'') {
                    at++;
                    return true;
                }
                at++;
            }
        }
        at = sql.length();
        return false;
    }

    /** Moves to the quote that continues the string that just ended: after white space with a line's end, comments of a line allowed. */
    private boolean continues() {
        boolean newLine = false;
        for (int look = at; look < sql.length(); look++) {
            char c = sql.charAt(look);
            if (c == '-' && look + 1 < sql.length() && sql.charAt(look + 1) == '-') {
                look = lineEnd(look) - 1;
            } else if (c == '\n' || c == '\r') {
                newLine = true;
            } else if (c == '\'' && newLine) {
                at = look;
                return true;
            } else if (!isSpace(c)) {
                return false;
            }
        }
        return false;
    }

    private Kind quotedName(Kind sort) {
        int opening = at++;
        for (; at < sql.length(); at++) {
            if (sql.charAt(at) == '"') {
                if (peek(1) != '"') {
                    at++;
                    return at - opening == 2 ? Kind.BROKEN : sort;
                }
                at++;
            }
        }
        return Kind.BROKEN;
    }

    private Kind dollar() {
        if (isDigit(peek(1))) {
            at++;
            skipDigits();
            return Kind.PARAMETER;
        }
        int tagEnd = at + 1;
        if (isNameStart(peek(1))) {
            while (tagEnd < sql.length() && isNamePart(sql.charAt(tagEnd)) && sql.charAt(tagEnd) != '$') {
                tagEnd++;
            }
        }
        if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$') {
            return symbol();
        }
        String tag = sql.substring(at, tagEnd + 1);
        int closing = sql.indexOf(tag, tagEnd + 1);
        if (closing < 0) {
            return Kind.BROKEN;
        }
        at = closing + tag.length();
        return Kind.STRING;
    }

    private Kind number() {
        skipDigits();
        if (peek(0) == '.' && peek(1) != '.') {
            at++;
            skipDigits();
        }
        if (peek(0) == 'e' || peek(0) == 'E') {
            int sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
            if (isDigit(peek(1 + sign))) {
                at += 1 + sign;
                skipDigits();
            }
        }
        return Kind.NUMBER;
    }

    private void skipDigits() {
        while (isDigit(peek(0))) {
            at++;
        }
    }

    /** Moves to the next token; false where a comment does not end. */
    private boolean skipBlank() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (isSpace(c)) {
                at++;
            } else if (c == '-' && peek(1) == '-') {
                at = lineEnd(at);
            } else if (c == '/' && peek(1) == '*') {
                if (!skipComment()) {
                    return false;
                }
            } else {
                return true;
            }
        }
        return true;
    }

    private boolean skipComment() {
        int depth = 0;
        while (at + 1 < sql.length()) {
            if (sql.charAt(at) == '/' && sql.charAt(at + 1) == '*') {
                depth++;
                at += 2;
            } else if (sql.charAt(at) == '*' && sql.charAt(at + 1) == '/') {
                depth--;
                at += 2;
                if (depth == 0) {
                    return true;
                }
            } else {
                at++;
            }
        }
        return false;
    }

    private int lineEnd(int from) {
        int end = from;
        while (end < sql.length() && sql.charAt(end) != '\n' && sql.charAt(end) != '\r') {
            end++;
        }
        return end;
    }

    /** A character further on; zero, which no statement holds, behind the last. */
    private char peek(int ahead) {
        return at + ahead < sql.length() ? sql.charAt(at + ahead) : 0;
    }

    static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNameStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
    }

    private static boolean isNamePart(char c) {
        return isNameStart(c) || isDigit(c) || c == '$';
    }

    /** The name that the token stands for: folded, unquoted, cut where PostgreSQL cuts it. */
    String name() {
        return switch (kind) {
            case WORD -> Names.cut(Names.fold(text()));
            case QUOTED -> Names.cut(sql.substring(start + 1, at - 1).replace("\"\"", "\""));
            case UNICODE ->
                Names.cut(Names.unescape(sql.substring(start + 3, at - 1).replace("\"\"", "\""), '\\'));
            case STRING, NUMBER, PARAMETER, SYMBOL, END, BROKEN ->
                throw new IllegalStateException("a " + kind.name().toLowerCase(Locale.ROOT) + " is no name: " + text());
        };
    }
}
