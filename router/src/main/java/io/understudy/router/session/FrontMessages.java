package io.understudy.router.session;

import io.netty.buffer.ByteBuf;

/** What clients may send, and how much of it must be there before it can go on. */
final class FrontMessages {
    static final int HEADER_BYTES = 5;

    /** PostgreSQL's own limit for messages that hold no data. */
    static final int MOST_SMALL_BYTES = 10_000;

    /** PostgreSQL's own limit for every other. */
    static final int MOST_BYTES = (1 << 30) - 1;

    /** A query is looked through up to this length; a longer one passes, and the server is asked afterwards what it left. */
    static final int MOST_QUERY_BYTES = 1 << 20;

    /** A statement that is prepared under a name is at most this long. */
    static final int MOST_PARSE_BYTES = 16 << 20;

    /** The names at the head of a Bind are at most this long together. */
    static final int MOST_NAMES_BYTES = 64 << 10;

    private FrontMessages() {}

    /** Refuses what PostgreSQL would refuse. */
    static void check(byte type, int length) {
        int most = switch (type) {
            case 'Q', 'P', 'B', 'F', 'd' -> MOST_BYTES;
            case 'D', 'C', 'E', 'S', 'H', 'X', 'c', 'f' -> MOST_SMALL_BYTES;
            default ->
                throw new ProtocolViolationException(
                        "invalid frontend message type " + ProtocolViolationException.name(type));
        };
        if (length < Integer.BYTES || length > most) {
            throw new ProtocolViolationException("invalid message length %d for a message of type %s; expected %d to %d"
                    .formatted(length, ProtocolViolationException.name(type), Integer.BYTES, most));
        }
    }

    /** Whether a message that is not there whole can go on already. */
    static boolean isEnough(ByteBuf in, int at, int end, byte type, int length) {
        return switch (type) {
            case 'Q' -> length > MOST_QUERY_BYTES;
            case 'P' -> length > MOST_PARSE_BYTES;
            case 'B' -> hasNames(in, at + HEADER_BYTES, end);
            case 'D', 'C', 'E', 'S', 'H', 'X' -> false;
            default -> true;
        };
    }

    private static boolean hasNames(ByteBuf in, int body, int end) {
        int first = in.indexOf(body, end, (byte) 0);
        if (first >= 0 && in.indexOf(first + 1, end, (byte) 0) >= 0) {
            return true;
        }
        if (end - body > MOST_NAMES_BYTES) {
            throw new ProtocolViolationException(
                    "a Bind whose portal and statement have names of more than %d bytes".formatted(MOST_NAMES_BYTES));
        }
        return false;
    }

    /** The index of the zero byte that ends a text. */
    static int endOfText(ByteBuf in, int from, int end, byte type) {
        int zero = from < end ? in.indexOf(from, end, (byte) 0) : -1;
        if (zero < 0) {
            throw new ProtocolViolationException(
                    "invalid string in a message of type " + ProtocolViolationException.name(type));
        }
        return zero;
    }
}
