package io.understudy.router.session;

/** What one message that was sent to a server is answered with. */
enum Awaited {
    /** A simple query or a function call: anything, up to ReadyForQuery. */
    QUERY,
    /** ReadyForQuery. */
    SYNC,
    /** ParseComplete, for the client. */
    PARSE,
    /** ParseComplete, for nobody: the router prepared a statement that the client prepared elsewhere. */
    OWN_PARSE,
    /** BindComplete, for the client. */
    BIND,
    /** BindComplete, for nobody. */
    OWN_BIND,
    /** The description of a statement or a portal. */
    DESCRIBE,
    /** The description of a statement, for nobody: the router learns what it means. */
    OWN_DESCRIBE,
    /** Rows, up to the command's completion or suspension. */
    EXECUTE,
    /** The completion of a command of the router's own. */
    OWN_EXECUTE,
    /** CloseComplete, for the client. */
    CLOSE,
    /** CloseComplete, for nobody. */
    OWN_CLOSE,
    /** Nothing: the statement stays on the server, and the client is told CloseComplete when it is its turn. */
    LOCAL_CLOSE,
    /** Nothing: here the client's copy ends, and a Sync sent before it was not heard. */
    COPY_END;

    boolean endsWithReady() {
        return this == QUERY || this == SYNC;
    }
}
