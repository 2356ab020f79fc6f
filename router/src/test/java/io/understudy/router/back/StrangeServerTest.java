package io.understudy.router.back;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.understudy.core.cluster.Endpoint;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.TransactionStatus;
import io.understudy.protocol.postgres.Message;
import io.understudy.protocol.postgres.MessageFields;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramServer;
import io.understudy.protocol.postgres.ScramSha256;
import io.understudy.protocol.postgres.ScramVerifier;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that are none, or hostile, or slow. */
class StrangeServerTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final MultiThreadIoEventLoopGroup GROUP =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    private ServerSocket listener;

    @AfterAll
    static void stop() throws Exception {
        GROUP.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
    }

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    /** What a server says on one connection. */
    private interface Script {
        void play(DataInputStream in, OutputStream out) throws IOException;
    }

    @Test
    void aLoginArrivesByteByByteAndWhatFollowsItIsHandedOver() throws Exception {
        BackendMessage.NoticeResponse notice =
                new BackendMessage.NoticeResponse(MessageFields.of("NOTICE", "00000", "hello"));
        serve((in, out) -> {
            startUp(in);
            drip(out, scram(in, out, ScramVerifier.of("pencil")));
            drip(out, new Authentication.Ok());
            drip(out, new BackendMessage.ParameterStatus("server_version", "18.0"));
            drip(out, new BackendMessage.BackendKeyData(7, Octets.utf8("key!")));
            out.write(joined(new BackendMessage.ReadyForQuery(TransactionStatus.IDLE), notice));
            in.read();
        });
        Welcome welcome = login(BackTls.DISABLED, LONG);
        assertThat(welcome.processId()).isEqualTo(7);
        assertThat(welcome.secret()).asString(StandardCharsets.US_ASCII).isEqualTo("key!");
        assertThat(welcome.parameters()).isEqualTo(Map.of("server_version", "18.0"));
        assertThat(welcome.early().nioBuffer()).isEqualTo(notice.encode());
        assertThat(welcome.toString()).doesNotContain("key!");
        welcome.early().release();
        welcome.channel().close().get();
    }

    @Test
    void aServerThatDoesNotProveThatItKnowsThePasswordIsNotBelieved() throws Exception {
        serve((in, out) -> {
            startUp(in);
            write(out, new Authentication.Sasl(List.of(ScramSha256.MECHANISM)));
            password(in);
            write(out, new Authentication.Ok());
            in.read();
        });
        login(BackTls.DISABLED, LONG, "skipped the proof");
        serve((in, out) -> {
            startUp(in);
            scram(in, out, ScramVerifier.of("pencil"));
            write(out, new Authentication.SaslFinal(Octets.utf8("v=AAAA")));
            in.read();
        });
        login(BackTls.DISABLED, LONG, "does not know this password");
        serve((in, out) -> {
            startUp(in);
            write(out, new Authentication.Sasl(List.of("SCRAM-SHA-256-PLUS")));
            in.read();
        });
        login(BackTls.DISABLED, LONG, "offers [SCRAM-SHA-256-PLUS]");
    }

    @Test
    void whatIsNoServerIsSaid() throws Exception {
        serve((in, out) -> {
            startUp(in);
            out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            in.read();
        });
        login(BackTls.DISABLED, LONG, "announces 1414811691 bytes of body; at most 1048576");
        serve((in, out) -> {
            startUp(in);
            write(out, new BackendMessage.CommandComplete("SELECT 1"));
            in.read();
        });
        login(BackTls.DISABLED, LONG, "sent CommandComplete during the log-in");
        serve((in, out) -> startUp(in));
        login(BackTls.DISABLED, LONG, "closed the connection");
    }

    @Test
    void aSilentServerIsGivenUpInTime() throws Exception {
        for (BackTls tls : List.of(BackTls.DISABLED, BackTls.of(BackTls.Mode.REQUIRE, null, null))) {
            serve((in, out) -> in.readAllBytes());
            login(tls, SHORT, "took longer than PT0.2S while waiting for its answer");
        }
        serve((in, out) -> in.readAllBytes());
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> new ServerCancel(GROUP.next(), BackTls.DISABLED, SHORT)
                        .send(endpoint(), 1, new byte[4])
                        .toCompletableFuture()
                        .get(LONG.toSeconds(), TimeUnit.SECONDS))
                .withMessageContaining("while waiting for it to take a cancel request");
    }

    @Test
    void noTlsIsAnAnswerOnlyWhereTlsIsOptional() throws Exception {
        serve(answering("N"));
        login(BackTls.of(BackTls.Mode.REQUIRE, null, null), LONG, "does not speak TLS, and mode REQUIRE");
        serve((in, out) -> {
            tlsRequest(in);
            out.write('N');
            startUp(in);
            write(out, new Authentication.CleartextPassword());
            in.read();
        });
        login(BackTls.of(BackTls.Mode.PREFER, null, null), LONG, "in clear text");
        serve(answering("E"));
        login(BackTls.of(BackTls.Mode.PREFER, null, null), LONG, "with byte 69, expected S or N");
    }

    @Test
    void bytesHiddenBehindTheAnswerAboutTlsAreRefused() throws Exception {
        serve(answering("SR\0\0\0\10\0\0\0\0"));
        login(BackTls.of(BackTls.Mode.REQUIRE, null, null), LONG, "somebody may be in between");
    }

    private static Script answering(String text) {
        return (in, out) -> {
            tlsRequest(in);
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            in.read();
        };
    }

    private void login(BackTls tls, Duration limit, String text) {
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> login(tls, limit))
                .withCauseInstanceOf(IOException.class)
                .withMessageContaining(text);
    }

    private Welcome login(BackTls tls, Duration limit) throws Exception {
        Destination destination = new Destination(endpoint(), "app", "shop", Optional.empty(), Map.of());
        return new ServerLogin(GROUP.next(), tls, limit)
                .login(destination, new ServerPassword("pencil"))
                .outcome()
                .toCompletableFuture()
                .get(2 * LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private Endpoint endpoint() {
        return new Endpoint("127.0.0.1", listener.getLocalPort());
    }

    /** Plays a script on the next connection. */
    private void serve(Script script) {
        Thread.ofVirtual().start(() -> {
            try (Socket socket = listener.accept()) {
                socket.setTcpNoDelay(true);
                script.play(new DataInputStream(socket.getInputStream()), socket.getOutputStream());
            } catch (IOException e) {
                // The router closed the connection, as it should: the test looks at what it said.
                return;
            }
        });
    }

    private static void tlsRequest(DataInputStream in) throws IOException {
        assertThat(in.readLong()).isEqualTo(8L << 32 | 80877103);
    }

    private static void startUp(DataInputStream in) throws IOException {
        String packet = new String(in.readNBytes(in.readInt() - 4), StandardCharsets.UTF_8);
        assertThat(packet).isEqualTo("\0\3\0\0user\0app\0database\0shop\0\0");
    }

    private static String password(DataInputStream in) throws IOException {
        assertThat(in.readByte()).isEqualTo((byte) 'p');
        return new String(in.readNBytes(in.readInt() - 4), StandardCharsets.UTF_8);
    }

    /** Up to the last message, which is returned. */
    private static Message scram(DataInputStream in, OutputStream out, ScramVerifier verifier) throws IOException {
        ScramServer exchange = new ScramServer(verifier, ScramSha256.nonce());
        drip(out, new Authentication.Sasl(List.of("OTHER", ScramSha256.MECHANISM)));
        String initial = password(in);
        drip(
                out,
                new Authentication.SaslContinue(
                        Octets.utf8(exchange.serverFirst(initial.substring(initial.indexOf("n,,"))))));
        ScramServer.Proven proven = exchange.serverFinal(password(in)).orElseThrow();
        return new Authentication.SaslFinal(Octets.utf8(proven.serverFinal()));
    }

    private static void write(OutputStream out, Message message) throws IOException {
        out.write(bytes(message.encode()));
    }

    private static void drip(OutputStream out, Message message) throws IOException {
        for (byte one : bytes(message.encode())) {
            out.write(one);
            out.flush();
        }
    }

    private static byte[] joined(Message first, Message second) {
        ByteBuffer a = first.encode();
        ByteBuffer b = second.encode();
        return ByteBuffer.allocate(a.remaining() + b.remaining()).put(a).put(b).array();
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
