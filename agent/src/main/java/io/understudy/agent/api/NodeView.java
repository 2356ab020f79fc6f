package io.understudy.agent.api;

import java.util.Optional;

/**
 * One node in {@link ClusterView}.
 *
 * @param role what the ledger and its last report make of it
 * @param server what its server's processes do: {@code primary}, {@code standby}, {@code starting}, {@code stopping},
 *     {@code stuck}, {@code gone}; {@code unknown} when the node was not heard
 * @param data {@code ours}, {@code empty}, {@code foreign} or {@code unknown}
 * @param problem why its server or data cannot be used, empty when nothing speaks against it
 * @param position the end of its log, as PostgreSQL writes a position; empty when not known
 * @param replayed how far a replica has replayed, empty for others
 * @param timeline of the last log record it holds
 * @param upstream whom a replica is set to follow
 * @param streaming whether a replica's receiver streams now
 * @param inSync whether its confirmation may count now
 * @param lagBytes the end of the primary's log less what this replica has on disk; empty when not known
 * @param replayLagBytes the same, less what it has replayed
 * @param lagSeconds how long ago the primary was where this replica has replayed to; 0 when caught up, empty when not
 *     known
 * @param lastHeardMillis age of its last report, empty when it was never heard
 * @param doing the rule of its last step, for example {@code R55 following}; empty when not heard
 * @param reason that rule's reason
 * @param problemAction the last step that failed and why, while it is tried again
 * @param promised the epoch it durably promised
 * @param lease {@code valid} or {@code expired} while its guard holds one, empty else
 * @param database {@code host:port} of its database, empty before its first report
 * @param api {@code host:port} of its agent
 */
public record NodeView(
        String node,
        Role role,
        String server,
        String data,
        Optional<String> problem,
        Optional<String> position,
        Optional<String> replayed,
        Optional<Integer> timeline,
        Optional<String> upstream,
        boolean streaming,
        boolean inSync,
        Optional<Long> lagBytes,
        Optional<Long> replayLagBytes,
        Optional<Double> lagSeconds,
        Optional<Long> lastHeardMillis,
        Optional<String> doing,
        Optional<String> reason,
        Optional<String> problemAction,
        long promised,
        Optional<String> lease,
        Optional<String> database,
        Optional<String> api) {

    /** What a node is in the cluster. */
    public enum Role {
        /** Holds the open tenure and its server accepts writes. */
        PRIMARY,
        /** Holds a tenure and is on its way to serve, or its server is gone. */
        ELECT,
        /** Its server follows the primary. */
        REPLICA,
        /** Anything else: down, sealed, without data, not heard. */
        NONE
    }
}
