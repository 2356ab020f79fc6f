package io.understudy.router.sql;

import io.netty.buffer.ByteBuf;

/** What a CommandComplete says was done, as far as it matters for the session. Found without allocating. */
public enum CommandTag {
    /** Nothing that stays in the session, as far as the tag tells: SELECT, INSERT, UPDATE, FETCH, COPY, CREATE INDEX, ... */
    OTHER(""),
    /** SET of a setting, of the role, of the session's user, or of the transaction's character. Not SET CONSTRAINTS. */
    SET("SET"),
    RESET("RESET"),
    LISTEN("LISTEN"),
    UNLISTEN("UNLISTEN"),
    /** Stays behind its transaction when declared WITH HOLD. */
    DECLARE_CURSOR("DECLARE CURSOR"),
    CLOSE_CURSOR("CLOSE CURSOR"),
    CLOSE_CURSOR_ALL("CLOSE CURSOR ALL"),
    PREPARE("PREPARE"),
    /** Not a prepared statement, but a transaction that another session may finish. */
    PREPARE_TRANSACTION("PREPARE TRANSACTION"),
    DEALLOCATE("DEALLOCATE"),
    DEALLOCATE_ALL("DEALLOCATE ALL"),
    DISCARD_ALL("DISCARD ALL"),
    DISCARD_PLANS("DISCARD PLANS"),
    DISCARD_SEQUENCES("DISCARD SEQUENCES"),
    DISCARD_TEMP("DISCARD TEMP"),
    LOAD("LOAD"),
    /** May have done anything. */
    DO("DO"),
    /** May have done anything. */
    CALL("CALL"),
    /** Dropped something, perhaps the last temporary object. */
    DROP("DROP "),
    CREATE_TABLE("CREATE TABLE"),
    /** Only WITH NO DATA; otherwise the tag is that of a SELECT. */
    CREATE_TABLE_AS("CREATE TABLE AS"),
    BEGIN("BEGIN"),
    START_TRANSACTION("START TRANSACTION"),
    COMMIT("COMMIT"),
    ROLLBACK("ROLLBACK");

    private final byte[] text;

    CommandTag(String tag) {
        this.text = new byte[tag.length()];
        for (int i = 0; i < tag.length(); i++) {
            text[i] = (byte) tag.charAt(i);
        }
    }

    /**
     * Reads a tag.
     *
     * @param from the index of its first byte
     * @param length in bytes; the zero that ends the tag may be counted or not
     */
    public static CommandTag of(ByteBuf body, int from, int length) {
        int size = length > 0 && body.getByte(from + length - 1) == 0 ? length - 1 : length;
        if (size < 2) {
            return OTHER;
        }
        // The most frequent tags, SELECT, INSERT, UPDATE and COPY, end here.
        return switch (body.getShort(from)) {
            case 'S' << 8 | 'E' -> SET.or(OTHER, body, from, size);
            case 'S' << 8 | 'T' -> START_TRANSACTION.or(OTHER, body, from, size);
            case 'B' << 8 | 'E' -> BEGIN.or(OTHER, body, from, size);
            case 'C' << 8 | 'O' -> COMMIT.or(OTHER, body, from, size);
            case 'C' << 8 | 'A' -> CALL.or(OTHER, body, from, size);
            case 'C' << 8 | 'L' -> CLOSE_CURSOR.or(CLOSE_CURSOR_ALL, body, from, size);
            case 'C' << 8 | 'R' -> CREATE_TABLE.or(CREATE_TABLE_AS, body, from, size);
            case 'R' << 8 | 'O' -> ROLLBACK.or(OTHER, body, from, size);
            case 'R' << 8 | 'E' -> RESET.or(OTHER, body, from, size);
            case 'P' << 8 | 'R' -> PREPARE.or(PREPARE_TRANSACTION, body, from, size);
            case 'D' << 8 | 'E' -> deallocateOrDeclare(body, from, size);
            case 'D' << 8 | 'I' -> discard(body, from, size);
            case 'D' << 8 | 'O' -> DO.or(OTHER, body, from, size);
            case 'D' << 8 | 'R' -> size > DROP.text.length && DROP.starts(body, from) ? DROP : OTHER;
            case 'L' << 8 | 'I' -> LISTEN.or(OTHER, body, from, size);
            case 'L' << 8 | 'O' -> LOAD.or(OTHER, body, from, size);
            case 'U' << 8 | 'N' -> UNLISTEN.or(OTHER, body, from, size);
            default -> OTHER;
        };
    }

    private static CommandTag deallocateOrDeclare(ByteBuf body, int from, int size) {
        CommandTag deallocate = DEALLOCATE.or(DEALLOCATE_ALL, body, from, size);
        return deallocate == OTHER ? DECLARE_CURSOR.or(OTHER, body, from, size) : deallocate;
    }

    private static CommandTag discard(ByteBuf body, int from, int size) {
        CommandTag first = DISCARD_ALL.or(DISCARD_PLANS, body, from, size);
        return first == OTHER ? DISCARD_TEMP.or(DISCARD_SEQUENCES, body, from, size) : first;
    }

    private CommandTag or(CommandTag second, ByteBuf body, int from, int size) {
        if (is(body, from, size)) {
            return this;
        }
        return second.is(body, from, size) ? second : OTHER;
    }

    private boolean is(ByteBuf body, int from, int size) {
        return size == text.length && starts(body, from);
    }

    private boolean starts(ByteBuf body, int from) {
        for (int i = 0; i < text.length; i++) {
            if (body.getByte(from + i) != text[i]) {
                return false;
            }
        }
        return true;
    }
}
