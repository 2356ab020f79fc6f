package io.understudy.router.topology;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import java.time.Duration;
import java.util.Optional;

/** The node in whose agent a router runs: it is asked without a detour. Its methods are called by one thread. */
public interface OwnNode {

    NodeId node();

    /** Where its database listens. */
    Endpoint database();

    /** The epoch of which it is primary and open to clients, on its own word; empty when it is not. */
    Optional<Epoch> primary();

    /** Waits while {@link #primary} is {@code known}, at most {@code longest}, and returns what it is then. */
    Optional<Epoch> awaitOther(Optional<Epoch> known, Duration longest) throws InterruptedException;
}
