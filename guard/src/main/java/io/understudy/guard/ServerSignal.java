package io.understudy.guard;

/** What a caller may tell the server's first process, in PostgreSQL's terms (its documentation, "Shutting Down the Server"). */
public enum ServerSignal {
    /** SIGHUP: read the configuration again. */
    RELOAD(Libc.SIGHUP),
    /** SIGTERM: stop once every session ended by itself. */
    SMART_STOP(Libc.SIGTERM),
    /** SIGINT: end the sessions, write a checkpoint, stop. */
    FAST_STOP(Libc.SIGINT),
    /** SIGQUIT: stop at once; the next start recovers. Does nothing to a process that is itself stopped. */
    IMMEDIATE_STOP(Libc.SIGQUIT),
    /** SIGCONT: go on after having been stopped. */
    CONTINUE(Libc.SIGCONT);

    private final int number;

    ServerSignal(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    boolean stops() {
        return this == SMART_STOP || this == FAST_STOP || this == IMMEDIATE_STOP;
    }
}
