package io.understudy.router.sql;

import java.util.regex.Pattern;

/**
 * Whether a statement may hold a constant that is another one at another time: a server reads {@code date 'today'} when it prepares the
 * statement, not when it runs it. May be true in vain.
 */
public final class Momentary {
    private static final Pattern WORD =
            Pattern.compile("['$]\\s*(?:now|today|tomorrow|yesterday)(?![a-z_])", Pattern.CASE_INSENSITIVE);

    private Momentary() {}

    /** Of a text of raw bytes decoded as ISO-8859-1. */
    public static boolean isPossible(String sql) {
        return WORD.matcher(sql).find();
    }
}
