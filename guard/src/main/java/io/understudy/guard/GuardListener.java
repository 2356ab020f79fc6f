package io.understudy.guard;

/**
 * Receives what the guard reports. Calls come one at a time from the client's reader thread, in the guard's order; they must return soon and must
 * not call the same {@link GuardClient}, whose replies arrive on that thread.
 */
public interface GuardListener {
    /** One event of the guard. */
    void onEvent(GuardEvent event);

    /** The connection ended, by either side; a deadline that is armed stays armed. Called once, last. @param reason for a log line */
    void onDisconnected(String reason);

    /** A listener for callers who only ask. */
    static GuardListener ignoring() {
        return new GuardListener() {
            @Override
            public void onEvent(GuardEvent event) {}

            @Override
            public void onDisconnected(String reason) {}
        };
    }
}
