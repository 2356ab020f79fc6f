package io.understudy.router.admin;

import io.understudy.router.RouterSettings.PoolMode;
import java.time.Duration;

/**
 * One user in one database, at a moment.
 *
 * @param user {@link #OTHERS} for all together that are not counted one by one
 * @param database likewise
 * @param present whether there are clients or server connections now; counts remain without
 * @param clientsActive that have a server connection
 * @param clientsWaiting for one
 * @param clientsIdle the rest
 * @param serversActive that a client has, or that the router itself uses
 * @param serversIdle that rest
 * @param serversOpening on their way
 * @param oldestWait of those that wait now; zero when nobody does
 * @param lastProblem why opening a server connection last failed; empty since one succeeded
 */
public record PoolFigures(
        String user,
        String database,
        boolean present,
        PoolMode mode,
        int clientsActive,
        int clientsWaiting,
        int clientsIdle,
        int serversActive,
        int serversIdle,
        int serversOpening,
        Duration oldestWait,
        boolean paused,
        String lastProblem,
        Counts counts,
        Pace lastMinute) {

    /** In place of a name: no role and no database can be meant by it, since it stands for both at once. */
    public static final String OTHERS = "*";
}
