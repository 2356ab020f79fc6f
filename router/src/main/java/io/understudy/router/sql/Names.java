package io.understudy.router.sql;

import java.nio.charset.StandardCharsets;

/** What PostgreSQL makes of names. They are text decoded as ISO-8859-1, so a character is a byte. */
final class Names {

    /** The longest name, in bytes: NAMEDATALEN less the zero that ends it. */
    static final int LONGEST_BYTES = 63;

    private Names() {}

    /** ASCII letters only: so the server does in every multi-byte encoding. */
    static String fold(String name) {
        StringBuilder folded = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            folded.append(c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
        }
        return folded.toString();
    }

    /** Cut to the server's longest name, and where it is UTF-8, not inside a character. */
    static String cut(String name) {
        if (name.length() <= LONGEST_BYTES) {
            return name;
        }
        int end = LONGEST_BYTES;
        while (end > LONGEST_BYTES - 4 && (name.charAt(end) & 0xc0) == 0x80) {
            end--;
        }
        return name.substring(0, end);
    }

    /** The name that {@code U&"..."} spells, as bytes of UTF-8. What is no escape stays, the server refuses it. */
    static String unescape(String name, char escape) {
        StringBuilder plain = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != escape) {
                plain.append(c);
                continue;
            }
            boolean six = i + 1 < name.length() && name.charAt(i + 1) == '+';
            int from = six ? i + 2 : i + 1;
            int digits = six ? 6 : 4;
            int point = i + 1 < name.length() && name.charAt(i + 1) == escape ? -1 : hex(name, from, digits);
            if (point < 0) {
                plain.append(escape);
                i++;
            } else {
                byte[] bytes = Character.toString(point).getBytes(StandardCharsets.UTF_8);
                plain.append(new String(bytes, StandardCharsets.ISO_8859_1));
                i = from + digits - 1;
            }
        }
        return plain.toString();
    }

    private static int hex(String text, int from, int digits) {
        if (from + digits > text.length()) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value <= Character.MAX_CODE_POINT ? value : -1;
    }
}
