package io.understudy.router.session;

/** A peer sent what the protocol does not allow. */
final class ProtocolViolationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ProtocolViolationException(String message) {
        super(message);
    }

    static String name(byte type) {
        return type > ' ' && type < 127 ? "'" + (char) type + "'" : "0x%02x".formatted(type & 0xff);
    }
}
