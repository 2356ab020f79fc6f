package io.understudy.router.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * What a statement's bytes let one suspect about the session it runs in, found in one pass that allocates nothing.
 *
 * <p>Words are looked for in ASCII whatever their case, in strings and comments too: a flag may be raised in vain, which costs a
 * question to the server, but never fails to be raised where the statement itself writes the word. What a function does inside is not seen.
 * Holds for every encoding a client may use: multi-byte encodings never write an ASCII word otherwise than as ASCII.
 */
public final class Suspicion {

    /** {@code temp}, {@code temporary}, {@code pg_temp}: may leave an object in the session's temporary schema. */
    public static final int TEMPORARY = 1;

    /** A name that contains {@code advisory}: may leave a lock that is held until the session ends. */
    public static final int ADVISORY = 1 << 1;

    /** {@code set_config}: may change a setting of the session although the command's tag is SELECT. */
    public static final int SET_CONFIG = 1 << 2;

    /** {@code setseed}: what {@code random()} returns afterwards depends on the session. */
    public static final int SET_SEED = 1 << 3;

    /** The word PREPARE, EXECUTE or DEALLOCATE: may name a prepared statement, for {@link StatementRewriter} to find. */
    public static final int PREPARED = 1 << 4;

    /** The first word is COMMIT or END: may end a transaction, so that what is sent behind it matters. */
    public static final int IS_COMMIT = 1 << 5;

    /** The word SET with a name behind it that may have a dot: may set a setting of an application's own, for {@link CustomSettings} to find. */
    public static final int SET_CUSTOM = 1 << 6;

    /** What {@code U&"..."} may spell: every name, but no key word. */
    private static final int ANY_NAME = TEMPORARY | ADVISORY | SET_CONFIG | SET_SEED;

    private static final int CASE = 0x20;

    // '_' with the bit of lower case set.
    private static final long UNDERSCORE = '_' | CASE;

    private static final long TEMP = word("temp");
    private static final long PREP = word("prep");
    private static final long ADVISORY_WORD = word("advisory");
    private static final long T_CONFIG = (word("t") << 56) | (UNDERSCORE << 48) | word("config");
    private static final long SEED = word("seed");
    private static final long SET = word("set");
    private static final long FOUR = 0xffff_ffffL;
    private static final long THREE = 0xff_ffffL;

    private static final String[] SCOPES = {"session", "local"};

    /** Whether a byte may end, or begin, what is looked for. */
    private static final boolean[] LOOK = new boolean[256];

    /** Whether a byte may be part of a name. */
    private static final boolean[] NAME = new boolean[256];

    static {
        for (char trigger : "pPyYgGdDxXtT&".toCharArray()) {
            LOOK[trigger] = true;
        }
        for (int i = 0; i < NAME.length; i++) {
            NAME[i] = i >= 0x80 || i == '_' || i == '$' || Character.isLetterOrDigit(i);
        }
    }

    private Suspicion() {}

    /** The flags of a statement of which every byte is given. */
    public static int of(byte[] sql) {
        return of(Unpooled.wrappedBuffer(sql), 0, sql.length);
    }

    /**
     * The flags of a statement.
     *
     * @param from the index of its first byte; the reader's index does not matter and stays
     * @param length in bytes, without the zero that ends it
     */
    public static int of(ByteBuf sql, int from, int length) {
        int end = from + length;
        int flags = opening(sql, from, end);
        // The eight bytes seen last, in lower case: names of up to eight letters are compared at once.
        long seen = 0;
        int at = from;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            // Eight bytes for one check of bounds.
            long eight = sql.getLong(at);
            for (int i = 0; i < Long.BYTES; i++) {
                int b = (int) (eight >>> 56);
                eight <<= 8;
                seen = seen << 8 | b | CASE;
                if (LOOK[b]) {
                    flags |= look(sql, from, end, at + i, seen);
                }
            }
        }
        for (; at < end; at++) {
            int b = sql.getByte(at) & 0xff;
            seen = seen << 8 | b | CASE;
            if (LOOK[b]) {
                flags |= look(sql, from, end, at, seen);
            }
        }
        return flags;
    }

    private static int look(ByteBuf sql, int from, int end, int at, long seen) {
        return switch ((int) seen & 0xff) {
            case 'p' -> {
                if ((seen & FOUR) == TEMP) {
                    yield temporary(sql, from, end, at);
                }
                yield (seen & FOUR) == PREP && isWord(sql, from, end, at - 3, "prepare") ? PREPARED : 0;
            }
            case 'y' -> seen == ADVISORY_WORD ? ADVISORY : 0;
            case 'g' -> seen == T_CONFIG && isWord(sql, from, end, at - 9, "set_config") ? SET_CONFIG : 0;
            case 'd' -> {
                if ((seen & FOUR) == SEED) {
                    yield isWord(sql, from, end, at - 6, "setseed") ? SET_SEED : 0;
                }
                yield isWord(sql, from, end, at, "deallocate") ? PREPARED : 0;
            }
            case 'x' -> isWord(sql, from, end, at - 1, "execute") ? PREPARED : 0;
            case 't' ->
                (seen & THREE) == SET && isWord(sql, from, end, at - 2, "set") && namesCustom(sql, at + 1, end)
                        ? SET_CUSTOM
                        : 0;
            default -> unicode(sql, from, end, at);
        };
    }

    /** The word itself, the longer word, or the schema with or without its number, but no longer name such as {@code template}. */
    private static int temporary(ByteBuf sql, int from, int end, int at) {
        int start = at - 3;
        int before = start > from ? sql.getByte(start - 1) & 0xff : ' ';
        if (NAME[before] && before != '_') {
            return 0;
        }
        int next = at + 1 < end ? sql.getByte(at + 1) & 0xff : ' ';
        return !NAME[next] || next == '_' || matches(sql, end, at + 1, "orary") ? TEMPORARY : 0;
    }

    /** Whether a name with a dot may follow, or something that hides whether one does; not so in {@code UPDATE t SET column = ...}. */
    private static boolean namesCustom(ByteBuf sql, int from, int end) {
        int at = skipSpaces(sql, from, end);
        for (String word : SCOPES) {
            int after = at + word.length();
            if (matches(sql, end, at, word) && after < end && isSpace(sql.getByte(after))) {
                at = skipSpaces(sql, after, end);
                break;
            }
        }
        int name = at;
        while (at < end && NAME[sql.getByte(at) & 0xff]) {
            at++;
        }
        int next = skipSpaces(sql, at, end);
        if (next == end) {
            return false;
        }
        return switch (sql.getByte(next)) {
            case '.', '"', '/', '-' -> true;
            // U&"..."
            case '&' -> next - name == 1;
            default -> false;
        };
    }

    private static int skipSpaces(ByteBuf sql, int from, int end) {
        int at = from;
        while (at < end && isSpace(sql.getByte(at))) {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }

    private static int unicode(ByteBuf sql, int from, int end, int at) {
        return at > from && (sql.getByte(at - 1) | CASE) == 'u' && at + 1 < end && sql.getByte(at + 1) == '"'
                ? ANY_NAME
                : 0;
    }

    private static boolean isWord(ByteBuf sql, int from, int end, int start, String word) {
        int after = start + word.length();
        return start >= from
                && matches(sql, end, start, word)
                && (start == from || !NAME[sql.getByte(start - 1) & 0xff])
                && (after == end || !NAME[sql.getByte(after) & 0xff]);
    }

    private static boolean matches(ByteBuf sql, int end, int start, String word) {
        if (start + word.length() > end) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((sql.getByte(start + i) | CASE) != (word.charAt(i) | CASE)) {
                return false;
            }
        }
        return true;
    }

    private static int opening(ByteBuf sql, int from, int end) {
        int at = skipBlank(sql, from, end);
        if (at == end) {
            return 0;
        }
        return switch (sql.getByte(at) | CASE) {
            case 'c' -> isWord(sql, from, end, at, "commit") ? IS_COMMIT : 0;
            case 'e' -> isWord(sql, from, end, at, "end") ? IS_COMMIT : 0;
            default -> 0;
        };
    }

    /** The first byte that is neither white space nor a comment nor an empty statement. */
    private static int skipBlank(ByteBuf sql, int from, int end) {
        int at = from;
        while (at < end) {
            int b = sql.getByte(at);
            int next = at + 1 < end ? sql.getByte(at + 1) : 0;
            if (b == ' ' || b >= '\t' && b <= '\r' || b == ';') {
                at++;
            } else if (b == '-' && next == '-') {
                at = lineEnd(sql, at, end);
            } else if (b == '/' && next == '*') {
                at = commentEnd(sql, at, end);
            } else {
                return at;
            }
        }
        return end;
    }

    private static int lineEnd(ByteBuf sql, int from, int end) {
        int at = from;
        while (at < end && sql.getByte(at) != '\n' && sql.getByte(at) != '\r') {
            at++;
        }
        return at;
    }

    private static int commentEnd(ByteBuf sql, int from, int end) {
        int depth = 0;
        int at = from;
        while (at + 1 < end) {
            int b = sql.getByte(at);
            int next = sql.getByte(at + 1);
            if (b == '/' && next == '*') {
                depth++;
                at += 2;
            } else if (b == '*' && next == '/') {
                depth--;
                at += 2;
                if (depth == 0) {
                    return at;
                }
            } else {
                at++;
            }
        }
        return end;
    }

    private static long word(String text) {
        long word = 0;
        for (char c : text.toCharArray()) {
            word = word << 8 | c;
        }
        return word;
    }
}
