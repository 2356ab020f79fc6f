package io.understudy.guard;

/** What a caller may tell one process below the server's first one: a backend, the WAL receiver, a WAL sender. */
public enum ChildSignal {
    /** SIGTERM: end this process in order. */
    TERMINATE(Libc.SIGTERM),
    /** SIGINT: cancel what it is doing. */
    INTERRUPT(Libc.SIGINT),
    /** SIGCONT: go on after having been stopped. */
    CONTINUE(Libc.SIGCONT),
    /** SIGKILL: end it without a chance to tidy up; PostgreSQL then ends all its other processes too. */
    KILL(Libc.SIGKILL);

    private final int number;

    ChildSignal(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
