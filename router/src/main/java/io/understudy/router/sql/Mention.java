package io.understudy.router.sql;

import org.jspecify.annotations.Nullable;

/**
 * A place in a query's text that names a prepared statement of SQL.
 *
 * @param name as PostgreSQL stores it: folded, without quotes, at most 63 bytes; empty for {@code ALL}
 * @param token where the name is written, quotes included; where {@code ALL} is
 * @param statement which statement of the text it is in, from 0; empty statements do not count
 * @param text that statement, from its first token to its last
 * @param types of a PREPARE that lists its parameters' types: what is between the parentheses; null otherwise
 * @param body of a PREPARE: the statement behind AS; null otherwise
 */
public record Mention(
        Kind kind,
        String name,
        Span token,
        int statement,
        Span text,
        @Nullable Span types,
        @Nullable Span body) {

    /** What is done with the prepared statement. */
    public enum Kind {
        PREPARE,
        /** In EXECUTE, in EXPLAIN EXECUTE, and in CREATE TABLE AS EXECUTE. */
        EXECUTE,
        DEALLOCATE,
        DEALLOCATE_ALL
    }

    /**
     * A part of the query's text.
     *
     * @param start the index of its first character
     * @param end the index behind its last
     */
    public record Span(int start, int end) {
        /** The part itself. */
        public String of(String sql) {
            return sql.substring(start, end);
        }
    }
}
