package io.understudy.router.topology;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;

/** What is known of who takes the writes. */
public sealed interface Topology {

    /** Nobody has answered yet: nothing is routed. */
    record Unknown() implements Topology {}

    /** No node says of itself that it is primary and open: requests wait. */
    record NoPrimary() implements Topology {}

    /**
     * A node said of itself that it is primary and open to clients.
     *
     * @param epoch of its tenure
     * @param database where its server listens
     */
    record Primary(NodeId node, Epoch epoch, Endpoint database) implements Topology {}
}
