package io.understudy.cli.local;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.util.List;
import java.util.random.RandomGenerator;

/** Where nodes listen, and how one is cut off. */
public interface Network extends AutoCloseable {

    /** The address the node listens on. */
    String host(NodeId node);

    /** As many ports as asked for, free on every node's address. */
    List<Integer> ports(int count) throws IOException;

    /** What {@code command} must be wrapped in to run on {@code node}. */
    List<String> on(NodeId node, List<String> command);

    /** From now on nothing passes between {@code node} and anybody else, and nobody is told. */
    void cut(NodeId node) throws IOException, InterruptedException;

    /** Ends a cut. */
    void join(NodeId node) throws IOException, InterruptedException;

    /** Removes what was made; the nodes' processes are gone already. */
    @Override
    void close();

    /** All on the loopback interface. */
    record Loopback() implements Network {
        @Override
        public String host(NodeId node) {
            return "127.0.0.1";
        }

        @Override
        public List<Integer> ports(int count) throws IOException {
            return Ports.free(count, RandomGenerator.getDefault());
        }

        @Override
        public List<String> on(NodeId node, List<String> command) {
            return command;
        }

        @Override
        public void cut(NodeId node) {
            throw new IllegalStateException("Node " + node + " is on loopback and cannot be cut off");
        }

        @Override
        public void join(NodeId node) {
            throw new IllegalStateException("Node " + node + " is on loopback and was never cut off");
        }

        @Override
        public void close() {}
    }
}
