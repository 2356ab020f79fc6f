package io.understudy.guard;

/** Why a guard refused a request; the message beside it says what was found and what to do. */
public enum Refusal {
    /** The bytes are no request; the connection is closed. */
    MALFORMED,
    /** The frame is longer than {@link Wire#MAX_FRAME_BYTES}; the connection is closed. */
    OVERSIZED,
    /** The client speaks another version of the protocol; the connection is closed. */
    WRONG_VERSION,
    /** A server runs, or processes of the last one remain. */
    SERVER_RUNNING,
    /** There is no server to signal. */
    NO_SERVER,
    /** The command cannot be started as given. */
    BAD_COMMAND,
    /** The operating system refused to start the command. */
    START_FAILED,
    /** The process is not part of the server. */
    NOT_A_DESCENDANT,
    /** The operating system refused to deliver the signal. */
    SIGNAL_FAILED,
    /** No deadline is armed. */
    NOT_ARMED,
    /** Another epoch is armed, or a later one was. */
    WRONG_EPOCH,
    /** This epoch's deadline passed: it ended here and cannot be armed again. */
    EPOCH_SPENT,
    /** The deadline given is already over. */
    DEADLINE_PASSED,
    /** The deadline given lies further ahead than any lease. */
    DEADLINE_TOO_FAR,
    /** The deadline given is before the armed one, and shortening was not asked for. */
    WOULD_SHORTEN
}
