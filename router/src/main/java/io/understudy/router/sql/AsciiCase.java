package io.understudy.router.sql;

/**
 * Lower case as PostgreSQL has it for names of settings: of the letters A to Z alone. Texts are a client's bytes decoded as ISO-8859-1, in
 * which a byte of a longer character may look like a letter with an accent.
 */
final class AsciiCase {
    private AsciiCase() {}

    static String lower(String text) {
        StringBuilder lower = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                if (lower == null) {
                    lower = new StringBuilder(text);
                }
                lower.setCharAt(i, (char) (c + ('a' - 'A')));
            }
        }
        return lower == null ? text : lower.toString();
    }
}
