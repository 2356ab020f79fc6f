package io.understudy.router.admin;

import io.understudy.router.RouterSettings;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the router tells its operators, and does for them. Everything is called, and completes, on the event loop. */
public interface Operations {
    RouterFigures figures();

    List<ClientView> clients();

    List<ServerView> servers();

    /** Those that count now. */
    RouterSettings settings();

    /** The same, and what else its configuration says, as people write it. */
    List<Setting> configuration();

    /** Whether a client or a server connection is there for such a database. */
    boolean isKnown(String database);

    /** Whether {@code scope} as a whole is paused: everything by one order, or this database by its own or by that. */
    boolean isPaused(Scope scope);

    /** Whether anything is paused at all. */
    boolean isAnythingPaused();

    /**
     * Hands out no server connections any more, and ends those that are there as they become free. Sessions that keep theirs
     * begin nothing on them.
     *
     * @param waiter told when that is so; perhaps before this returns. Not told where too many are paused
     */
    Paused pause(Scope scope, Waiter waiter);

    /** Tells the waiter nothing any more. The pause stays. */
    void forget(Waiter waiter);

    /** Takes back what one {@link #pause} ordered, and nothing else. */
    void withdraw(Scope scope);

    /** Who keeps a pause from being complete, in words, some of them. */
    List<String> stillRunning(Scope scope);

    void resume(Scope scope);

    /** Has server connections replaced as they become free; returns how many. */
    int reconnect(Scope scope);

    /** Fails with an {@link UnsupportedOperationException} where nothing is there to be read again. */
    CompletionStage<Void> reload();

    /** What became of an order to pause. */
    enum Paused {
        NOW,
        /** It was already. */
        BEFORE,
        /** Nothing was done: too many databases are paused one by one already. */
        TOO_MANY
    }

    /** Whoever waits for a pause to be complete; told one of both, once. */
    interface Waiter {
        /** Nothing runs any more. */
        void quiet();

        /** The pause was ended before. */
        void resumed();
    }
}
