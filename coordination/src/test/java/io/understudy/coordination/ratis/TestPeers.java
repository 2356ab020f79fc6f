package io.understudy.coordination.ratis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Settings for a group on free loopback ports. */
record TestPeers(Path directory, List<RaftPeerAddress> addresses, RaftTimings timings, RaftLimits limits) {
    static TestPeers of(int count, Path directory, RaftLimits limits) throws IOException {
        List<RaftPeerAddress> addresses = new ArrayList<>();
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            addresses.add(new RaftPeerAddress("n" + i, "127.0.0.1", socket.getLocalPort()));
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return new TestPeers(directory, addresses, RaftTimings.standard(), limits);
    }

    static TestPeers of(int count, Path directory) throws IOException {
        return of(count, directory, RaftLimits.standard());
    }

    RaftSettings settings(String node) {
        return new RaftSettings(
                "shop", node, addresses, directory.resolve(node), directory.resolve(node + ".life"), timings, limits);
    }
}
