package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.ParameterStatus;
import io.understudy.protocol.postgres.BackendMessage.ReadyForQuery;
import io.understudy.protocol.postgres.BackendMessage.TransactionStatus;
import io.understudy.protocol.postgres.Octets;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Peers that are no PostgreSQL server, or a dishonest one. */
class StrangePeerTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final ReadyForQuery READY = new ReadyForQuery(TransactionStatus.IDLE);

    @Test
    void aPeerThatAcceptsAndSaysNothingIsGivenUp() throws Exception {
        ReplicationException failure = failure(new byte[0]);
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    }

    @Test
    void aPeerThatSpeaksAnotherProtocolIsNamedAsSuch() throws Exception {
        ReplicationException failure = failure("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(failure.kind()).isEqualTo(Kind.PROTOCOL);
        assertThat(failure).hasMessageContaining("Is the peer a PostgreSQL server?");
    }

    @Test
    void aServerThatLetsUsInWithoutProvingItselfIsNotBelieved() throws Exception {
        ReplicationException failure = failure(bytes(
                new Authentication.Sasl(List.of("SCRAM-SHA-256")),
                new Authentication.Ok(),
                new ParameterStatus("server_version", "18.1"),
                READY));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure).hasMessageContaining("skipped the proof");
    }

    @Test
    void aServerThatProvesItselfBeforeTheChallengeIsNotBelieved() throws Exception {
        ReplicationException failure = failure(bytes(
                new Authentication.Sasl(List.of("SCRAM-SHA-256")),
                new Authentication.SaslFinal(Octets.utf8("v=")),
                new Authentication.Ok(),
                READY));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
    }

    @Test
    void aServerThatIsTooOldIsRefused() throws Exception {
        ReplicationException failure =
                failure(bytes(new Authentication.Ok(), new ParameterStatus("server_version", "13.22"), READY));
        assertThat(failure.kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(failure).hasMessageContaining("13.22").hasMessageContaining("expected 14");
    }

    @Test
    void aServerThatOnlyKnowsOtherMechanismsIsRefused() throws Exception {
        ReplicationException failure = failure(bytes(new Authentication.Sasl(List.of("OAUTHBEARER"))));
        assertThat(failure).hasMessageContaining("OAUTHBEARER").hasMessageContaining("SCRAM-SHA-256");
    }

    @Test
    void aPortNobodyListensOnIsNamed() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        ReplicationException failure = failure(port);
        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContaining("127.0.0.1:" + port);
    }

    /** What becomes of a login at a peer that says this, whatever it hears, and then falls silent. */
    private static ReplicationException failure(byte[] says) throws Exception {
        try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Thread speaker = Thread.ofVirtual().start(() -> speak(peer, says));
            ReplicationException failure = failure(peer.getLocalPort());
            speaker.join();
            return failure;
        }
    }

    private static ReplicationException failure(int port) {
        ReplicationSource source = ReplicationSource.of("127.0.0.1", port, "postgres")
                .withPassword(Password.of("secret"))
                .withTimeouts(SHORT, SHORT);
        return Objects.requireNonNull(
                catchThrowableOfType(
                        ReplicationException.class,
                        () -> ReplicationConnection.open(source).close()),
                "the peer was believed");
    }

    private static void speak(ServerSocket peer, byte[] says) {
        try (Socket socket = peer.accept()) {
            socket.getOutputStream().write(says);
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException _) {
            // The client hung up without reading everything, which is what these tests are about.
        }
    }

    private static byte[] bytes(BackendMessage... messages) {
        ByteBuffer all = ByteBuffer.allocate(1 << 12);
        for (BackendMessage message : messages) {
            all.put(message.encode());
        }
        byte[] bytes = new byte[all.flip().remaining()];
        all.get(bytes);
        return bytes;
    }
}
