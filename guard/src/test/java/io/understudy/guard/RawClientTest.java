package io.understudy.guard;

import static io.understudy.guard.RunningGuard.await;
import static io.understudy.guard.RunningGuard.runs;
import static io.understudy.guard.RunningGuard.signal;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that do not keep to the protocol, and guards that meet each other. */
final class RawClientTest {
    private RunningGuard guard;

    @BeforeEach
    void start() throws IOException {
        guard = new RunningGuard();
    }

    @AfterEach
    void end() throws IOException {
        guard.close();
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(guard.launcher.socket()));
        return channel;
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** What the guard answers to these bytes as the first of a connection, which it then closes. */
    private Reply.Refused refusalOf(ByteBuffer bytes) throws Exception {
        try (SocketChannel channel = connect()) {
            write(channel, bytes);
            ByteBuffer answer = ByteBuffer.allocate(Wire.MAX_FRAME_BYTES);
            while (answer.position() < 4 || answer.position() < 4 + answer.getInt(0)) {
                assertThat(channel.read(answer)).isPositive();
            }
            Object body = Wire.decodeAnswer(answer.slice(4, answer.getInt(0))).body();
            try {
                assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            } catch (IOException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
            assertThat(guard.client.status().guardPid()).isEqualTo(guard.client.guardPid());
            return (Reply.Refused) body;
        }
    }

    @Test
    void malformedRequestsAreRefusedAndTheGuardLivesOn() throws Exception {
        assertThat(refusalOf(ByteBuffer.wrap(
                                "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                        .refusal())
                .isEqualTo(Refusal.OVERSIZED);
        assertThat(refusalOf(ByteBuffer.allocate(64)).refusal()).isEqualTo(Refusal.MALFORMED);
        assertThat(refusalOf(ByteBuffer.allocate(4).putInt(-1).flip()).refusal())
                .isEqualTo(Refusal.MALFORMED);
        assertThat(refusalOf(
                        ByteBuffer.allocate(4).putInt(Wire.MAX_FRAME_BYTES + 1).flip()))
                .extracting(Reply.Refused::refusal)
                .isEqualTo(Refusal.OVERSIZED);
        ByteBuffer unknownKind = Wire.encode(1, new Request.Hello(Wire.VERSION)).put(4, (byte) 77);
        assertThat(refusalOf(unknownKind).refusal()).isEqualTo(Refusal.MALFORMED);
    }

    @Test
    void aClientMustGreetInTheGuardsVersionFirst() throws Exception {
        assertThat(refusalOf(Wire.encode(1, new Request.Kill())).refusal()).isEqualTo(Refusal.MALFORMED);
        assertThat(refusalOf(Wire.encode(1, new Request.Hello(Wire.VERSION + 1)))
                        .refusal())
                .isEqualTo(Refusal.WRONG_VERSION);
    }

    @Test
    void aRequestArrivingOneByteAtATimeIsAnswered() throws Exception {
        try (SocketChannel channel = connect()) {
            ByteBuffer hello = Wire.encode(9, new Request.Hello(Wire.VERSION));
            while (hello.hasRemaining()) {
                write(channel, hello.slice(hello.position(), 1));
                hello.get();
            }
            assertThat(channel.read(ByteBuffer.allocate(Wire.MAX_FRAME_BYTES))).isPositive();
        }
    }

    @Test
    void clientsThatDoNotReadDelayNoKillingAndAreDropped() throws Exception {
        guard.startShell("sleep 1000 & wait");
        List<SocketChannel> stuck = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                SocketChannel channel = connect();
                stuck.add(channel);
                write(channel, Wire.encode(1, new Request.Hello(Wire.VERSION)));
                channel.configureBlocking(false);
                fill(channel);
            }
            long deadline = System.nanoTime() + Duration.ofMillis(300).toNanos();
            guard.client.arm(1, deadline);
            for (int round = 0; System.nanoTime() - deadline < 0; round++) {
                fill(stuck.get(round % stuck.size()));
            }
            Fence fence = guard.events.next(GuardEvent.Fenced.class).fence();
            assertThat(Duration.ofNanos(fence.killedAfterNanos())).isLessThan(Duration.ofMillis(500));
            guard.events.next(GuardEvent.ServerExited.class);
            guard.events.next(GuardEvent.AllGone.class);
            await("those clients are dropped", () -> stuck.stream().allMatch(RawClientTest::dropped));
        } finally {
            for (SocketChannel channel : stuck) {
                channel.close();
            }
        }
    }

    /** Sends requests without ever reading, as much as the socket takes; an error means that the guard had enough. */
    private static void fill(SocketChannel channel) {
        ByteBuffer status = Wire.encode(2, new Request.Status());
        try {
            int written = 1;
            for (int i = 0; i < 20_000 && written > 0; i++) {
                written = channel.write(status.rewind());
            }
        } catch (IOException dropped) {
            assertThat(dropped).isNotNull();
        }
    }

    private static boolean dropped(SocketChannel channel) {
        try {
            fill(channel);
            channel.write(ByteBuffer.allocate(1));
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    @Test
    void moreClientsThanAllowedAreTurnedAway() throws Exception {
        List<SocketChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < GuardLoop.MAX_CLIENTS - 1; i++) {
                channels.add(connect());
            }
            SocketChannel last = connect();
            channels.add(last);
            assertThat(last.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(guard.client.status().guardPid()).isPositive();
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    @Test
    void aSecondGuardGivesWayToTheFirst() throws Exception {
        long server = guard.startShell("exec sleep 1000");
        try (GuardClient second = guard.launcher.launch(GuardListener.ignoring(), RunningGuard.PATIENCE)) {
            assertThat(second.guardPid()).isEqualTo(guard.client.guardPid());
            assertThat(second.status().server()).isEqualTo(new ServerState.Running(server));
        }
    }

    @Test
    void aSocketLeftByADeadGuardIsReplaced() throws Exception {
        signal("KILL", guard.client.guardPid());
        await("the guard ended", () -> !runs(guard.client.guardPid()));
        assertThat(guard.launcher.socket()).exists();
        try (GuardClient next = guard.launcher.connectOrLaunch(GuardListener.ignoring(), RunningGuard.PATIENCE)) {
            assertThat(next.guardPid()).isNotEqualTo(guard.client.guardPid());
            next.exit();
            await("the next guard ended", () -> !runs(next.guardPid()));
            await("its socket is removed", () -> !Files.exists(guard.launcher.socket()));
        }
    }

    @Test
    void aSocketPathThatIsUnsafeOrTooLongIsRefused() throws Exception {
        Path open = Files.createDirectory(guard.directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertNoGuard(open.resolve("socket"), "0700");
        assertNoGuard(guard.directory.resolve("s/" + "x".repeat(GuardSocket.MAX_PATH_BYTES)), "at most 107");
        Path file = Files.writeString(guard.directory.resolve("s/file"), "precious");
        assertNoGuard(file, "is no socket");
        assertThat(file).hasContent("precious");
    }

    private void assertNoGuard(Path socket, String reason) {
        GuardLauncher launcher = GuardLauncher.likeThisProcess(socket, guard.directory.resolve("refused.log"));
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> launcher.launch(GuardListener.ignoring(), RunningGuard.PATIENCE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
    }
}
