package io.understudy.router.session;

/** What happens with what a client sends. */
enum Phase {
    /** It is held until the welcome. */
    STARTING,
    /** Nothing is under way. */
    IDLE,
    /** It is held until there is a server connection. */
    WAITING,
    /** It is held while the router itself uses the server connection, or until that has answered everything. */
    PREPARING,
    /** It goes to the server. */
    ACTIVE,
    /** It is left out up to the next Sync: the client was told an error. */
    SKIPPING,
    /** Nothing more is expected: the client said goodbye, and is still owed answers. */
    LEAVING,
    /** Nobody is there any more. */
    GONE;

    boolean isHolding() {
        return this == WAITING || this == PREPARING || this == STARTING;
    }
}
