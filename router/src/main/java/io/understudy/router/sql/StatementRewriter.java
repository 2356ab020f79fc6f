package io.understudy.router.sql;

import io.understudy.router.sql.Mention.Kind;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds and replaces the names of prepared statements of SQL (PREPARE, EXECUTE, DEALLOCATE) in the text of a query.
 *
 * <p>The text is the query's bytes decoded as ISO-8859-1, whatever the client's encoding, and goes back to bytes the same way: then a
 * character is a byte, nothing is lost, and names are folded as the server folds them. Right for every encoding that a server may
 * use. Of the encodings that only clients may use (SJIS, BIG5, GBK, UHC, GB18030, SHIFT_JIS_2004, JOHAB) some write a letter's second byte
 * as an ASCII character: a backslash or a quote there is taken for itself.
 *
 * <p>Strings are read as with {@code standard_conforming_strings} on. Of a text with a quote or comment that does not end, nothing is found:
 * the server refuses all of it.
 */
public final class StatementRewriter {

    /**
     * What a text holds.
     *
     * @param statements how many statements, without empty ones
     * @param mentions in the order of the text
     */
    public record Reading(int statements, List<Mention> mentions) {
        static final Reading REFUSED = new Reading(0, List.of());

        public Reading {
            mentions = List.copyOf(mentions);
        }
    }

    private StatementRewriter() {}

    /** Reads a text; neither statements nor mentions where the server will refuse it for its quotes. */
    public static Reading read(String sql) {
        return new MentionParser(sql).read();
    }

    /** Where {@code sql} names prepared statements. */
    public static List<Mention> mentions(String sql) {
        return read(sql).mentions();
    }

    /**
     * Puts other names in place.
     *
     * @param newName the name to write in quotes instead, such as {@code understudy_7}, or empty to leave this place as it is;
     *     given for {@link Kind#DEALLOCATE_ALL} it takes the place of the word ALL
     */
    public static String rewrite(String sql, Function<Mention, Optional<String>> newName) {
        StringBuilder rewritten = new StringBuilder(sql.length() + 16);
        int done = 0;
        for (Mention mention : mentions(sql)) {
            Optional<String> name = newName.apply(mention);
            if (name.isPresent()) {
                rewritten.append(sql, done, mention.token().start());
                rewritten.append('"').append(name.get().replace("\"", "\"\"")).append('"');
                done = mention.token().end();
            }
        }
        return done == 0 ? sql : rewritten.append(sql, done, sql.length()).toString();
    }
}
