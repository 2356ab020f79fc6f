package io.understudy.cli.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Ports on loopback that were free a moment ago. They lie below the range from which the kernel takes ports of outgoing
 * connections: a port of a node that is down must not be taken by somebody's connection.
 */
final class Ports {

    private static final int LOWEST = 15_000;
    private static final int BEYOND = 32_000;
    private static final int MOST_TRIES = 2_000;

    private Ports() {}

    /** As many as asked for, all different. */
    static List<Integer> free(int count, RandomGenerator random) throws IOException {
        Set<Integer> found = new HashSet<>();
        List<Integer> inOrder = new ArrayList<>();
        for (int tries = 0; tries < MOST_TRIES && inOrder.size() < count; tries++) {
            int port = random.nextInt(LOWEST, BEYOND);
            if (!found.contains(port) && isFree(port)) {
                found.add(port);
                inOrder.add(port);
            }
        }
        if (inOrder.size() < count) {
            throw new IOException("Of the ports " + LOWEST + " to " + BEYOND + " on loopback only " + inOrder.size()
                    + " were found free, expected " + count + ". End what holds them.");
        }
        return inOrder;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
