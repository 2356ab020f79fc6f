package io.understudy.router.proof;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.Topology;
import io.understudy.router.topology.TopologySource;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Says of the primary what a test wants. */
final class FakeTopology implements TopologySource {
    private final List<Consumer<Topology>> listeners = new ArrayList<>();

    @Override
    public synchronized Subscription subscribe(Consumer<Topology> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    synchronized void is(Topology topology) {
        listeners.forEach(listener -> listener.accept(topology));
    }

    static Topology primary(long epoch, InetSocketAddress database) {
        return new Topology.Primary(
                new NodeId("node-" + epoch), new Epoch(epoch), new Endpoint("127.0.0.1", database.getPort()));
    }
}
