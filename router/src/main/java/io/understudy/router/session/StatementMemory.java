package io.understudy.router.session;

/**
 * How much the prepared statements of all clients take. Each counts once, however many names stand for it. Bounded by the virtual machine's
 * memory, because the router may share it with an agent. Owned by the event loop.
 */
final class StatementMemory {
    /** A client alone may take so much of what all may. */
    private static final int CLIENTS = 4;

    private final long most;
    private long bytes;

    /** @param most in bytes */
    StatementMemory(long most) {
        this.most = most;
    }

    /** A name stands for it from now on. */
    void held(Prepared prepared) {
        if (prepared.holders++ == 0) {
            bytes += prepared.bytes();
        }
    }

    /** A name stands for it no more. */
    void released(Prepared prepared) {
        if (--prepared.holders == 0) {
            bytes -= prepared.bytes();
        }
    }

    long bytes() {
        return bytes;
    }

    /**
     * @param own what the client holds already
     * @throws ProtocolViolationException when there is no room for {@code more} bytes
     */
    void check(long own, int more) {
        if (own + more > most / CLIENTS) {
            throw new ProtocolViolationException(
                    "prepared statements of more than %d bytes in one session".formatted(most / CLIENTS));
        }
        if (bytes + more > most) {
            throw new ProtocolViolationException(
                    "prepared statements of more than %d bytes in all sessions".formatted(most));
        }
    }
}
