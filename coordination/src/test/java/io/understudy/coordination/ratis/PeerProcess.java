package io.understudy.coordination.ratis;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A {@link PeerMain} running as a process, started as the launcher would start an agent. */
final class PeerProcess implements AutoCloseable {
    private static final Executor READERS = task -> Thread.ofVirtual().start(task);

    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;

    private PeerProcess(Process process) {
        this.process = process;
        out = process.inputReader();
        in = process.outputWriter();
    }

    static PeerProcess start(TestPeers peers, String node) throws IOException {
        PeerProcess peer = launch(peers, node);
        peer.awaitStarted();
        return peer;
    }

    /** Starts without waiting for the peer to be up. */
    static PeerProcess launch(TestPeers peers, String node) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                PeerMain.class.getName(),
                node,
                peers.settings(node).storage().toString(),
                peers.settings(node).witness().toString()));
        for (RaftPeerAddress peer : peers.addresses()) {
            command.addAll(List.of(peer.node(), peer.host(), String.valueOf(peer.port())));
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new PeerProcess(process);
    }

    void awaitStarted() throws IOException {
        String line = Await.result(line());
        if (!"started".equals(line)) {
            kill();
            throw new IOException("Peer process " + pid() + " said '" + line + "', expected 'started'");
        }
    }

    /** Sends a command; its answer, or "null" once the process is gone. */
    CompletableFuture<String> ask(String command) {
        try {
            in.write(command + "\n");
            in.flush();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
        return line();
    }

    private CompletableFuture<String> line() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return String.valueOf(out.readLine());
                    } catch (IOException gone) {
                        return "null";
                    }
                },
                READERS);
    }

    long pid() {
        return process.pid();
    }

    void kill() {
        process.destroyForcibly();
        Await.result(process.onExit());
    }

    void stop() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(pid())).start();
            if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("kill -" + name + " " + pid() + " failed");
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
