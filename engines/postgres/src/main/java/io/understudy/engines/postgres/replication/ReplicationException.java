package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.MessageFields;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a command of the replication protocol, or a clone, did not succeed. */
public final class ReplicationException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for callers that decide what to do next. */
    public enum Kind {
        /** No connection could be made. */
        UNREACHABLE,
        /** The server did not let us in, or asks for a method this client refuses. */
        AUTHENTICATION,
        /** The server answered a command with an error; {@link #sqlState} says which. */
        REFUSED,
        /** The connection ended before the command did. */
        CONNECTION_LOST,
        /** The server stayed silent for longer than the timeout. */
        TIMED_OUT,
        /** The server said something the protocol does not allow here. */
        PROTOCOL,
        /** The server is not the one that was expected. */
        WRONG_SOURCE,
        /** The server, or its data, is of a kind this client does not handle. */
        UNSUPPORTED,
        /** The target directory is not suitable, or writing to it failed. */
        TARGET,
        /** The calling thread was interrupted; its interrupt flag is still set. */
        INTERRUPTED
    }

    private final Kind kind;
    private final @Nullable String sqlState;

    ReplicationException(Kind kind, String message) {
        this(kind, message, (Throwable) null);
    }

    ReplicationException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.sqlState = null;
    }

    ReplicationException(Kind kind, String message, MessageFields answer) {
        super(message + ": " + answer);
        this.kind = kind;
        this.sqlState = answer.sqlState();
    }

    /** What kind of trouble it is. */
    public Kind kind() {
        return kind;
    }

    /** The SQLSTATE of the server's error; empty when it was not the server that reported it. */
    public Optional<String> sqlState() {
        return Optional.ofNullable(sqlState);
    }
}
