package io.understudy.cli.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.cli.node.NodeFile.Addresses;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeFileTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        NodeFile file = new NodeFile(
                "demo",
                new NodeId("node-b"),
                ReplicationMode.SYNC,
                directory.resolve("with space"),
                directory.resolve("secret"),
                directory.resolve("binaries"),
                Optional.of(directory.resolve("installation")),
                Map.of(new NodeId("node-a"), at(1000), new NodeId("node-b"), at(2000)),
                List.of("create role shop login password 'a=b:c#d'", "create database shop"));
        Path where = directory.resolve("node.properties");

        file.write(where);

        assertThat(NodeFile.read(where)).isEqualTo(file);
    }

    @Test
    void everyProblemIsNamedAtOnce() throws IOException {
        Path where = directory.resolve("node.properties");
        Files.writeString(where, "nodes=node-a,node-b\nnode-a.raft=nowhere\n");

        assertThatThrownBy(() -> NodeFile.read(where))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("'nowhere' is no address")
                .hasMessageContaining("'node-b.raft' is missing")
                .hasMessageContaining("'cluster' is missing");
    }

    private static Addresses at(int port) {
        return new Addresses(
                new Endpoint("127.0.0.1", port),
                new Endpoint("127.0.0.1", port + 1),
                new Endpoint("127.0.0.1", port + 2),
                port == 2000 ? Optional.of(new Endpoint("127.0.0.1", port + 3)) : Optional.empty());
    }
}
