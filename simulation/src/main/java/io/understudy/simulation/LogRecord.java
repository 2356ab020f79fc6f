package io.understudy.simulation;

/**
 * A record of a database's log; the same record on two nodes is the same object.
 *
 * @param timeline it was written on
 * @param write of a client, 0 for the server's own
 */
record LogRecord(long id, int writer, int timeline, Kind kind, long write) {

    /** Bytes a record takes. */
    static final long BYTES = 16 * 1024;

    enum Kind {
        INITIAL,
        END_OF_RECOVERY,
        COMMIT,
        MARKER,
        SHUTDOWN
    }
}
