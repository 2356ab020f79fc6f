package io.understudy.router.session;

import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.SessionState;
import org.jspecify.annotations.Nullable;

/**
 * A session's use of server connections: it asks its pool for one, sets it to what the client set, gives it back when a transaction is over
 * and nothing is left there, and tells the client when it is lost. Owned by the event loop.
 */
final class ServerUse {
    private final ClientSession session;
    private final RouterState state;
    private @Nullable ServerConnection server;
    private @Nullable Parameters parameters;
    private long waitingSince;
    private boolean inspecting;
    private boolean toldFatal;
    private int refusals;

    ServerUse(ClientSession session, RouterState state) {
        this.session = session;
        this.state = state;
    }

    /** The one that the session has; null when it has none. */
    @Nullable
    ServerConnection server() {
        return server;
    }

    long waitingSince() {
        return waitingSince;
    }

    void waitingBegan() {
        waitingSince = System.nanoTime();
    }

    /** What the client was told of its server's parameters. */
    void parametersAre(Parameters told) {
        parameters = told;
    }

    /** The client heard from the server itself that it ends the session. */
    void fatalWasTold() {
        toldFatal = true;
    }

    // Getting one

    /** Asks the pool; the session waits if there is none free. */
    void waitForServer() {
        if (session.phase() != Phase.STARTING) {
            session.phaseIs(Phase.WAITING);
        }
        waitingBegan();
        session.pool().request(session);
    }

    /** The pool found a server connection. */
    void attached(ServerConnection given) {
        server = given;
        given.attach(session);
        if (given.settings() == session.holds().settings()) {
            ready(given);
            return;
        }
        if (session.phase() != Phase.STARTING) {
            session.phaseIs(Phase.PREPARING);
        }
        given.own()
                .ask(SessionSettings.toReach(given.settings(), session.holds().settings()), answer -> {
                    if (answer.failed()) {
                        given.retire();
                        settingsRefused(given, answer);
                    } else {
                        given.settingsAre(session.holds().settings());
                        if (session.phase() == Phase.GONE) {
                            cleanUp(given);
                        } else {
                            ready(given);
                        }
                    }
                });
    }

    private void settingsRefused(ServerConnection given, OwnQuery.Answer answer) {
        if (session.phase() == Phase.GONE) {
            cleanUp(given);
            return;
        }
        Problem problem = Problem.error(
                answer.errorState(),
                String.valueOf(answer.error()),
                "the router could not apply the session's settings to a server connection",
                "");
        if (session.phase() != Phase.STARTING && refusals++ == 0) {
            // It may be something of that server connection alone, such as temp_buffers after a temporary table.
            giveBack(given);
            waitForServer();
            return;
        }
        refusals = 0;
        boolean lasting =
                problem.sqlState().startsWith("22") || problem.sqlState().startsWith("42");
        boolean ends = lasting || session.phase() == Phase.STARTING;
        giveBack(given);
        if (ends) {
            // It would fail again for every request.
            session.end(problem.asFatal());
        } else {
            session.refuse(problem);
        }
    }

    private void ready(ServerConnection given) {
        refusals = 0;
        if (session.phase() == Phase.STARTING) {
            Parameters now = given.parameters();
            session.pool().greetingIs(session.holds().startSettings(), now);
            session.welcome(now);
            session.phaseIs(Phase.ACTIVE);
            giveBackIfDone();
        } else {
            tellParametersOf(given);
            session.phaseIs(Phase.ACTIVE);
        }
        session.input().resume();
    }

    private void tellParametersOf(ServerConnection at) {
        Parameters before = parameters;
        Parameters now = at.parameters();
        if (before != now && before != null) {
            now.tellWhatDiffersFrom(before.byName(), session.out().piece());
        }
        parameters = now;
    }

    // Giving it back

    /** Between transactions the server connection goes back to its pool, unless something holds it. */
    void giveBackIfDone() {
        ServerConnection from = server;
        if (session.phase() != Phase.ACTIVE
                || from == null
                || !from.isQuiet()
                || from.isCancelling()
                || session.input().isUnderWay()
                || session.endIfDrained()) {
            return;
        }
        if (session.holds().isSuspicious()) {
            inspect(from);
        } else if (!stays()) {
            giveBack(from);
        }
    }

    private boolean stays() {
        return session.holds().isPinned() || !session.pool().sharesTransactions();
    }

    private void giveBack(ServerConnection from) {
        server = null;
        session.phaseIs(Phase.IDLE);
        from.out().flush();
        from.detach();
        // What the server did not take fast enough is nobody's concern now.
        session.readOn();
        session.pool().giveBack(from);
    }

    /** Asks the server what the session left there. */
    private void inspect(ServerConnection from) {
        inspecting = true;
        session.holds().look();
        session.phaseIs(Phase.PREPARING);
        session.out().flush();
        from.own().askState(session.holds().customSettings(), answer -> {
            inspecting = false;
            String error = answer.error();
            if (error != null) {
                session.holds().unreadable(error);
            } else {
                SessionState found = SessionState.of(answer.rows(), state.settingsKnown());
                session.holds().found(found);
                from.settingsAre(found.settings());
            }
            if (session.phase() != Phase.GONE
                    && stays()
                    && from.settings() != session.holds().settings()) {
                restoreStartSettings(from);
            } else {
                free(from);
            }
        });
    }

    /** What RESET took back is what the client asked for at its start, as it would be without a router. */
    private void restoreStartSettings(ServerConnection at) {
        at.own().ask(SessionSettings.toReach(at.settings(), session.holds().settings()), answer -> {
            if (answer.failed()) {
                at.retire();
            } else {
                at.settingsAre(session.holds().settings());
            }
            free(at);
        });
    }

    /** The router's own use of the server connection is over. */
    private void free(ServerConnection from) {
        if (session.phase() == Phase.GONE) {
            cleanUp(from);
        } else if (server == from) {
            session.phaseIs(Phase.ACTIVE);
            tellParametersOf(from);
            if (!session.holds().isSuspicious()) {
                giveBackIfDone();
            }
            session.endIfDrained();
            session.input().resume();
        }
    }

    /** Makes the server connection fit for others, or lets it finish what it was told and end. */
    void cleanUp(ServerConnection from) {
        server = null;
        from.out().settle();
        from.detach();
        if (!from.isOpen()) {
            return;
        }
        if (session.input().isWithinPassed() || session.input().isCopying()) {
            // Nothing can be said to a server in the middle of a message; a copy that is cut off is rolled back.
            from.channel().close();
        } else if (!from.isQuiet() || session.input().isBatchOpen()) {
            from.finishAndClose();
        } else if (!stays() && !session.holds().isSuspicious()) {
            session.pool().giveBack(from);
        } else {
            from.reset();
        }
    }

    // Losing it

    /**
     * The connection to the server broke.
     *
     * @param readies how many ReadyForQuery were still to come
     * @param owed whether anything was still to come
     * @param status of the transaction when it broke
     * @param within a message of which the client has a part
     */
    void serverLost(int readies, boolean owed, byte status, boolean within) {
        server = null;
        if (session.phase() == Phase.GONE) {
            return;
        }
        if (session.phase() == Phase.STARTING) {
            waitForServer();
            return;
        }
        if (toldFatal || within) {
            // Half a message cannot be taken back.
            session.leave();
            return;
        }
        boolean underWay = owed || session.input().isBatchOpen();
        Problem why = underWay ? Lost.WHILE_UNDER_WAY : Lost.BETWEEN_STATEMENTS;
        if (inspecting || session.holds().isSuspicious() || stays()) {
            session.end(underWay ? why.asFatal() : Lost.WITH_ITS_SESSION);
            return;
        }
        if (session.phase() == Phase.LEAVING) {
            session.end(why.asFatal());
            return;
        }
        for (int i = 0; i < readies; i++) {
            Messages.error(session.out().piece(), why);
            Messages.readyForQuery(session.out().piece(), (byte) 'I');
        }
        if (session.input().isBatchOpen() || (owed && readies == 0)) {
            Messages.error(session.out().piece(), why);
            session.phaseIs(Phase.SKIPPING);
        } else {
            session.phaseIs(Phase.IDLE);
            session.input().refuseNext(!underWay && status != 'I' ? why : null);
        }
        session.input().serverIsGone();
        session.out().flush();
        session.input().resume();
    }
}
