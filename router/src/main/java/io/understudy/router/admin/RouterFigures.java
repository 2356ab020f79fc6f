package io.understudy.router.admin;

import io.understudy.router.topology.Topology;
import java.util.List;
import java.util.Map;

/**
 * A router at a moment. Immutable.
 *
 * @param topology what it knows of the primary
 * @param accepting whether new clients are let in: not while it ends
 * @param adminClients sessions in the router's own database
 * @param door who came in, and who did not
 * @param memory of the buffers that clients and servers are read into
 * @param pools by user and database, at most a bounded number and one for all others
 * @param pinned clients that are tied to their server connections, by what ties them; every kind is there, and a client with
 *     two kinds counts in both
 */
public record RouterFigures(
        Topology topology,
        boolean accepting,
        int adminClients,
        Door door,
        Memory memory,
        List<PoolFigures> pools,
        Map<PinKind, Integer> pinned) {

    /**
     * The front door.
     *
     * @param clients let in, or on their way through the log-in
     * @param refused connections that were not let in since the start
     */
    public record Door(int clients, long refused) {
        /** Nobody came yet. */
        public static final Door NOBODY = new Door(0, 0);
    }

    /** In bytes, pooled and free ones included. */
    public record Memory(long direct, long heap) {}

    public RouterFigures {
        pools = List.copyOf(pools);
        pinned = Map.copyOf(pinned);
    }

    /** The same with what the sessions' receiver knows. */
    public RouterFigures with(boolean open, int operators) {
        return new RouterFigures(topology, open, operators, door, memory, pools, pinned);
    }

    /** The same with what the front door knows. */
    public RouterFigures with(Door seen) {
        return new RouterFigures(topology, accepting, adminClients, seen, memory, pools, pinned);
    }
}
