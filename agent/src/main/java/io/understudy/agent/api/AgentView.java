package io.understudy.agent.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code GET /v1/node}: this agent's own view of itself, from memory.
 *
 * @param pid of the agent's process
 * @param guardPid empty when no guard runs
 * @param serverPid of the database server's first process, empty when none runs
 * @param versions of {@code understudy}, {@code java} and the database
 * @param seen what it last observed, as in the cluster's view
 * @param observedMillis age of that observation, empty before the first
 * @param leaseMillis what is left of this node's lease, empty when it holds none
 * @param raft the Raft peer in this agent
 * @param ledgerProblem why the ledger was not reached last, empty when it was
 * @param lastContactMillis since the ledger last answered a report, empty when it never did
 */
public record AgentView(
        int version,
        String cluster,
        String node,
        long pid,
        Optional<Long> guardPid,
        Optional<Long> serverPid,
        Map<String, String> versions,
        Instant startedAt,
        long uptimeMillis,
        NodeView seen,
        Optional<Long> observedMillis,
        Optional<Long> leaseMillis,
        RaftView raft,
        Optional<String> ledgerProblem,
        Optional<Long> lastContactMillis,
        List<ReplicaView> replicas) {

    public AgentView {
        versions = Map.copyOf(versions);
        replicas = List.copyOf(replicas);
    }

    /** @param role {@code leader}, {@code follower} or {@code leaderless} */
    public record RaftView(String role, Optional<String> leader, long term, long lastIndex, long appliedIndex) {}

    /** A replica as this node's server sees it, when it is the primary. */
    public record ReplicaView(
            String node,
            boolean streaming,
            boolean direct,
            String flushed,
            String replayed,
            long lagBytes,
            long silenceMillis) {}
}
