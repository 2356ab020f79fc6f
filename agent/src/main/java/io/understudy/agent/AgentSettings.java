package io.understudy.agent;

import io.understudy.coordination.ratis.RaftLimits;
import io.understudy.coordination.ratis.RaftPeerAddress;
import io.understudy.coordination.ratis.RaftSettings;
import io.understudy.coordination.ratis.RaftTimings;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Settings;
import java.nio.file.Path;
import java.util.List;

/**
 * What an agent is started with.
 *
 * @param self this node, one of {@code nodes}
 * @param cluster the cluster's name, the same on every node
 * @param nodes all nodes, the same on every node
 * @param state directory for the ledger's copy of this node alone; made if absent. Not on the database's disk: a full one
 *     must not stop the ledger
 * @param forming the cluster's settings, used only when the ledger is new; afterwards the ledger's own hold
 * @param version of this program, shown by the API
 */
public record AgentSettings(
        NodeId self, String cluster, List<NodeAddresses> nodes, Path state, Settings forming, String version) {

    public AgentSettings {
        nodes = List.copyOf(nodes);
        if (nodes.stream().noneMatch(addresses -> addresses.node().equals(self))) {
            throw new IllegalArgumentException("This node is '" + self + "', expected one of "
                    + nodes.stream().map(NodeAddresses::node).toList() + ": name it among the nodes");
        }
    }

    NodeAddresses own() {
        return nodes.stream()
                .filter(addresses -> addresses.node().equals(self))
                .findFirst()
                .orElseThrow();
    }

    ClusterState formed() {
        return ClusterState.forming(
                cluster, forming, nodes.stream().map(NodeAddresses::node).toList());
    }

    RaftSettings raft() {
        return new RaftSettings(
                cluster,
                self.name(),
                nodes.stream()
                        .map(addresses -> new RaftPeerAddress(
                                addresses.node().name(),
                                addresses.raft().host(),
                                addresses.raft().port()))
                        .toList(),
                state.resolve("ledger"),
                state.resolve("ledger-life.properties"),
                RaftTimings.standard(),
                RaftLimits.standard());
    }
}
