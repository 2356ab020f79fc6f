package io.understudy.protocol.postgres;

/**
 * Bytes that are not a message of the protocol: a length out of bounds, a body that ends early or late, an unknown type.
 * The stream can not be read further; the connection must be closed.
 */
public final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedMessageException(String message) {
        super(message);
    }
}
