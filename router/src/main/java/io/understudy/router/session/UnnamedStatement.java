package io.understudy.router.session;

import org.jspecify.annotations.Nullable;

/** What is known of a server connection's unnamed prepared statement. Owned by the event loop. */
final class UnnamedStatement {
    private @Nullable Prepared prepared;
    private boolean there;
    private boolean foreign;

    /** Null when there is none, or one that is not known. */
    @Nullable
    Prepared prepared() {
        return prepared;
    }

    /** The client that has the connection made it; null when the router does not know its text. */
    void is(@Nullable Prepared made) {
        prepared = made;
        there = true;
        foreign = false;
    }

    /** Whether it was made, or what was there before remains, nobody knows. */
    void isUnknown() {
        prepared = null;
        there = true;
        foreign = true;
    }

    void isGone() {
        prepared = null;
        there = false;
        foreign = false;
    }

    /** Whether there may be one that another client made. */
    boolean isForeign() {
        return foreign;
    }

    /** Another client has the connection now. */
    void changesHands() {
        foreign = there;
    }
}
