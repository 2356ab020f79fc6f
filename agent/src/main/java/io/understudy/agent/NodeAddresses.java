package io.understudy.agent;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;

/**
 * Where one node is reached.
 *
 * @param raft its copy of the ledger
 * @param api its agent's HTTP API; the agent listens exactly here
 * @param database its database
 */
public record NodeAddresses(NodeId node, Endpoint raft, Endpoint api, Endpoint database) {}
