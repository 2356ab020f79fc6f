package io.understudy.router.topology;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import java.util.Optional;

/**
 * What a node says of itself.
 *
 * @param primaryOf the epoch of which it is primary and open to clients; empty when it is not
 * @param database where its server listens
 */
record NodeWord(NodeId node, Optional<Epoch> primaryOf, Endpoint database) {}
