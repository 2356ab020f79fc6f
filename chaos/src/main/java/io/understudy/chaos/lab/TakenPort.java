package io.understudy.chaos.lab;

import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Somebody else who listens where a node's database is to listen. */
public final class TakenPort implements AutoCloseable {

    private static final String READY = "listening";

    private final Process holder;

    private TakenPort(Process holder) {
        this.holder = holder;
    }

    /** Takes the port of the database of {@code node}, which nobody holds, on the node itself. */
    public static TakenPort of(LocalNode node, LabNetwork network) throws IOException {
        Endpoint where = node.addresses().database();
        Process holder = new ProcessBuilder(network.on(
                        node.id(),
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx16m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                TakenPort.class.getName(),
                                where.host(),
                                Integer.toString(where.port()))))
                .redirectError(Redirect.INHERIT)
                .start();
        String said = new String(holder.getInputStream().readNBytes(READY.length()), StandardCharsets.US_ASCII);
        if (!said.equals(READY)) {
            holder.destroyForcibly();
            throw new IOException("The port " + where + " could not be taken; is its server still there?");
        }
        return new TakenPort(holder);
    }

    /** In the process that holds it: host and port. */
    public static void main(String[] where) throws IOException {
        try (ServerSocket socket = new ServerSocket(Integer.parseInt(where[1]), 1, InetAddress.getByName(where[0]))) {
            System.out.print(READY);
            System.out.flush();
            // Until whoever started it closes the other end, or is gone itself.
            while (socket.isBound() && System.in.read() >= 0) {}
        }
    }

    @Override
    public void close() {
        holder.destroyForcibly();
        holder.onExit().join();
    }
}
