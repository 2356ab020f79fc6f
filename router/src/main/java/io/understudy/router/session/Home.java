package io.understudy.router.session;

/** Where a server connection rests when nobody uses it. Everything is called on the event loop. */
interface Home {
    /** It is free again, in order, and nobody has it. */
    void giveBack(ServerConnection server);

    /** Where its traffic is counted. */
    Figures figures();

    /** It is gone. */
    void closed(ServerConnection server);
}
