package io.understudy.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.cli.node.NodeFile;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.guard.SeenProcess;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A demonstration's end leaves nothing behind. */
final class EndingTest {

    private static final NodeId NODE = new NodeId("node-a");

    @TempDir
    Path parent = Path.of("");

    @Test
    void aProcessOfWhichOnlyTheFirstThreadIsGoneIsEndedBeforeTheDemonstrationIsOver() throws Exception {
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        LocalDirectory directory = LocalDirectory.make(Optional.of(parent.resolve("demo")));
        LocalNode node = node(directory);
        Process process = start(directory.node(NODE.name()));
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("started");
            assertThat(node.processes().supervisors()).containsExactly(process.pid());
            process.outputWriter().append('\n').flush();
            assertThat(Await.until(java.time.Duration.ofSeconds(10), () -> cannotBeTold(node)))
                    .isTrue();
            SeenProcess seen = SeenProcess.of(process.pid()).orElseThrow();
            assertThat(seen.ended()).isFalse();

            new Ending(List.of(node)).end();

            assertThat(seen.ended()).isTrue();
        } finally {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    private static boolean cannotBeTold(LocalNode node) {
        try {
            return node.processes().isEmpty();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private static LocalNode node(LocalDirectory directory) {
        Endpoint nowhere = new Endpoint("127.0.0.1", 1);
        return new LocalNode(
                new NodeFile(
                        "demo",
                        NODE,
                        ReplicationMode.SEMI_SYNC,
                        directory.node(NODE.name()),
                        directory.secret(),
                        directory.binaries(),
                        Optional.empty(),
                        Map.of(NODE, new NodeFile.Addresses(nowhere, nowhere, nowhere, Optional.empty())),
                        List.of()),
                directory,
                new Network.Loopback());
    }

    private static Process start(Path home) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FirstThreadGone.class.getName())
                .redirectErrorStream(true);
        builder.environment().put(NodeProcesses.MARK, home.toString());
        return builder.start();
    }

    /** What every process is for a moment when it ends, for as long as it is left alone. */
    static final class FirstThreadGone {

        /**
         * Both a free real-time signal and the number of exit(2) on x86-64, the system call that ends one thread: with
         * syscall(2) as the handler, which gets the signal's number as its first argument, a thread that is sent this signal
         * ends alone.
         */
        private static final int EXIT = 60;

        private FirstThreadGone() {}

        public static void main(String[] none) throws Throwable {
            System.out.println("started");
            System.in.read();
            Linker linker = Linker.nativeLinker();
            MethodHandle signal = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("signal"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            MethodHandle send = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("tgkill"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            int self = (int) ProcessHandle.current().pid();
            MemorySegment _ = (MemorySegment)
                    signal.invokeExact(EXIT, linker.defaultLookup().findOrThrow("syscall"));
            int _ = (int) send.invokeExact(self, self, EXIT);
            while (System.in.read() >= 0) {
                // Lives on until told.
            }
        }
    }
}
