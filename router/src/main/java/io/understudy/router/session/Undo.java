package io.understudy.router.session;

/** Takes back what was noted of a server connection, or of its client, before the server agreed. */
interface Undo {
    void run(ServerConnection server);
}
