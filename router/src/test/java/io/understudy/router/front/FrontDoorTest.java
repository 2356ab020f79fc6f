package io.understudy.router.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendDecoder;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.ErrorResponse;
import io.understudy.protocol.postgres.BackendMessage.NegotiateProtocolVersion;
import io.understudy.protocol.postgres.FrontendMessage.AuthenticationResponse;
import io.understudy.protocol.postgres.MessageFields;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramSha256;
import io.understudy.protocol.postgres.ScramVerifier;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FrontDoorTest {
    private static final int V3 = 3 << 16;
    private static final int SSL_REQUEST = 80877103;
    private static final int GSSENC_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;
    private static final String VERIFIER = ScramVerifier.of("pencil").text();

    private final FakeCatalogue catalogue = new FakeCatalogue();
    private final FakeReception reception = new FakeReception();

    @Test
    void aTrustedClientIsHandedOverWithWhatItSentAlready() {
        EmbeddedChannel client = connect(Method.TRUST);
        ByteBuf start = startUp(V3, "user", "app", "database", "shop", "application_name", "x", "replication", "off");
        client.writeInbound(start.writeBytes(new byte[] {'Q', 1}));
        assertThat(reception.startUp).isEqualTo(new StartUp(0, "app", "shop", Map.of("application_name", "x")));
        assertThat(Objects.requireNonNull(reception.identity).keys()).isEmpty();
        assertThat(reception.early).isEqualTo("Q\1");
        assertThat(client.pipeline().names()).hasSize(1);
        assertThat(client.config().isAutoRead()).isFalse();
        assertThat((Object) client.readOutbound()).isNull();
    }

    @Test
    void aPasswordIsProvenByteByByte() {
        EmbeddedChannel client = connect(Method.SCRAM);
        drip(client, startUp(V3 | 2, "user", "app"));
        assertThat(next(client)).isEqualTo(new Authentication.Sasl(List.of(ScramSha256.MECHANISM)));
        assertThat(catalogue.isAsked()).as("before the client's first message").isTrue();
        ScramSha256 exchange = new ScramSha256("", "pencil", ScramSha256.nonce());
        drip(client, saslInitial(ScramSha256.MECHANISM, exchange.clientFirst()));
        assertThat((Object) client.readOutbound()).isNull();
        catalogue.answer("t", VERIFIER, "t");
        Octets challenge = ((Authentication.SaslContinue) next(client)).data();
        drip(client, sasl(exchange.clientFinal(challenge.utf8())));
        client.flush();
        exchange.verify(((Authentication.SaslFinal) next(client)).data().utf8());
        assertThat(reception.startUp).isEqualTo(new StartUp(2, "app", "app", Map.of()));
        assertThat(Objects.requireNonNull(reception.identity).keys()).isPresent();
        assertThat(reception.toString()).doesNotContain("pencil");
    }

    @Test
    void aWrongPasswordIsAnsweredOnceAndClosesTheConnection() {
        EmbeddedChannel client = connect(Method.SCRAM);
        client.writeInbound(startUp(V3, "user", "app"));
        next(client);
        ScramSha256 exchange = new ScramSha256("", "pen", ScramSha256.nonce());
        client.writeInbound(saslInitial(ScramSha256.MECHANISM, exchange.clientFirst()));
        catalogue.answer("t", VERIFIER, "t");
        Octets challenge = ((Authentication.SaslContinue) next(client)).data();
        client.writeInbound(sasl(exchange.clientFinal(challenge.utf8())));
        refused(client, "28P01", "password authentication failed for user \"app\"");
        connect(Method.SCRAM).writeInbound(startUp(V3, "user", "app"));
    }

    @Test
    void strangeAnswersToAnAuthenticationRequestAreRefused() {
        for (Object[] one : new Object[][] {
            {saslInitial("SCRAM-SHA-1", "x"), "invalid SASL authentication mechanism"},
            {sasl("no zero byte"), "malformed SCRAM message"},
            {bytes('p', 4 + 1025), "invalid length of SASL response"},
            {bytes('p', 3), "invalid length of SASL response"},
            {bytes('p', -1), "invalid length of SASL response"},
            {bytes('Q', 4), "expected SASL response, got message type 81"}
        }) {
            EmbeddedChannel client = connect(Method.SCRAM);
            client.writeInbound(startUp(V3, "user", "app"));
            next(client);
            client.writeInbound(one[0]);
            refused(client, "08P01", (String) one[1]);
        }
    }

    @Test
    void aRoleThatCanNotBeLookedUpIsNobodysFault() {
        EmbeddedChannel client = connect(Method.SCRAM);
        client.writeInbound(startUp(V3, "user", "app"));
        next(client);
        client.writeInbound(saslInitial(ScramSha256.MECHANISM, "n,,n=,r=abc"));
        catalogue.fail(new IOException("there is no primary"));
        refused(client, "57P03", "can not look up roles");
    }

    @Test
    void aClientThatLeavesDuringTheLookUpIsForgotten() {
        EmbeddedChannel client = connect(Method.SCRAM);
        client.writeInbound(startUp(V3, "user", "app"));
        client.writeInbound(saslInitial(ScramSha256.MECHANISM, "n,,n=,r=abc"));
        client.close();
        catalogue.answer("t", VERIFIER, "t");
        assertThat(reception.startUp).isNull();
    }

    @Test
    void requestsForEncryptionAreAnsweredInEitherOrderAndOnceEach() {
        EmbeddedChannel client = connect(Method.TRUST);
        drip(client, packet(GSSENC_REQUEST));
        assertThat(outbound(client)).isEqualTo("N");
        drip(client, packet(SSL_REQUEST));
        assertThat(outbound(client)).isEqualTo("N");
        client.writeInbound(packet(SSL_REQUEST));
        refused(client, "0A000", "unsupported frontend protocol 1234.5679");
        EmbeddedChannel direct = connect(Method.TRUST);
        direct.writeInbound(Unpooled.wrappedBuffer(new byte[] {0x16, 3, 1}));
        assertThat(direct.isOpen()).isFalse();
    }

    @Test
    void theProtocolIsNegotiatedAsPostgresqlDoes() {
        EmbeddedChannel client = connect(Method.TRUST);
        client.writeInbound(startUp(V3 | 9999, "user", "app", "_pq_.x", "1", "_pq_.y", "2"));
        client.flush();
        assertThat(next(client)).isEqualTo(new NegotiateProtocolVersion(V3 | 2, List.of("_pq_.x", "_pq_.y")));
        assertThat(reception.startUp).isEqualTo(new StartUp(2, "app", "app", Map.of()));
        EmbeddedChannel old = connect(Method.TRUST);
        old.writeInbound(startUp(V3, "user", "app", "_pq_.x", "1"));
        old.flush();
        assertThat(next(old)).isEqualTo(new NegotiateProtocolVersion(V3, List.of("_pq_.x")));
        assertThat(Objects.requireNonNull(reception.startUp).minor()).isZero();
    }

    @Test
    void badStartUpPacketsAreRefused() {
        refused(startUp(2 << 16, "user", "app"), "0A000", "unsupported frontend protocol 2.0");
        refused(startUp(4 << 16, "user", "app"), "0A000", "unsupported frontend protocol 4.0");
        refused(startUp(V3, "database", "app"), "28000", "no PostgreSQL user name");
        refused(startUp(V3, "user", ""), "28000", "no PostgreSQL user name");
        refused(startUp(V3, "user", "a", "replication", "maybe"), "22023", "invalid value for parameter");
        refused(startUp(V3, "user", "a", "replication", "o"), "22023", "invalid value for parameter");
        for (String value : new String[] {"true", "T", "yes", "on", "1", "database"}) {
            refused(startUp(V3, "user", "a", "replication", value), "0A000", "replication connections");
        }
        refused(Unpooled.buffer().writeInt(10_005), "08P01", "invalid length");
        refused(Unpooled.buffer().writeInt(7), "08P01", "invalid length");
        refused(Unpooled.buffer().writeInt(-1), "08P01", "invalid length");
        refused(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n", StandardCharsets.US_ASCII), "08P01", "invalid length");
        refused(packet(V3), "08P01", "no terminating zero byte");
        refused(Unpooled.buffer().writeInt(10).writeInt(V3).writeShort(1), "08P01", "expected terminator");
        refused(startUp(V3, "user", "x".repeat(9_980)), "28000", "no access rule", List.of());
    }

    @Test
    void whoNoRuleNamesIsNotLetIn() {
        List<AccessRule> rules = List.of(new AccessRule("10.0.0.0/8", "all", "all", Method.TRUST));
        refused(
                startUp(V3, "user", "app", "database", "shop"),
                "28000",
                "no access rule of the router for host \"192.0.2.1\", user \"app\", database \"shop\", no encryption",
                rules);
    }

    @Test
    void certificatesThatNobodyCouldVerifyStopTheStart() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> connect(Method.CERTIFICATE))
                .withMessageContaining("name that authority");
    }

    @Test
    void theMostClientsAreCountedUntilTheyLeave() {
        FrontDoor door = door(List.of(new AccessRule("all", "all", "all", Method.TRUST)), 1);
        EmbeddedChannel first = new Client(door);
        first.writeInbound(startUp(V3, "user", "app"));
        assertThat(door.clients()).isOne();
        EmbeddedChannel second = new Client(door);
        second.writeInbound(startUp(V3, "user", "app"));
        refused(second, "53300", "sorry, too many clients already");
        first.close();
        assertThat(door.clients()).isZero();
        new Client(door).writeInbound(startUp(V3, "user", "app"));
        assertThat(door.clients()).isOne();
    }

    @Test
    void cancelRequestsCarryKeysOfBothProtocols() {
        for (int keyBytes : new int[] {4, 32, 256}) {
            EmbeddedChannel client = connect(Method.SCRAM);
            drip(
                    client,
                    Unpooled.buffer()
                            .writeInt(12 + keyBytes)
                            .writeInt(CANCEL_REQUEST)
                            .writeInt(77)
                            .writeBytes(new byte[keyBytes]));
            assertThat(reception.cancelled).isEqualTo(77);
            assertThat(reception.secret).hasSize(keyBytes);
            assertThat(client.isOpen()).isTrue();
            Objects.requireNonNull(reception.done).run();
            client.runPendingTasks();
            assertThat(client.isOpen()).isFalse();
        }
        for (int keyBytes : new int[] {0, 257}) {
            reception.cancelled = 0;
            EmbeddedChannel client = connect(Method.SCRAM);
            client.writeInbound(Unpooled.buffer()
                    .writeInt(12 + keyBytes)
                    .writeInt(CANCEL_REQUEST)
                    .writeInt(77)
                    .writeBytes(new byte[keyBytes]));
            assertThat(client.isOpen()).isFalse();
            assertThat(reception.cancelled).isZero();
        }
    }

    @Test
    void slowClientsAreClosedInTime() {
        EmbeddedChannel silent = connect(Method.SCRAM);
        advance(silent);
        assertThat(silent.isOpen()).isFalse();
        EmbeddedChannel hesitant = connect(Method.SCRAM);
        hesitant.writeInbound(startUp(V3, "user", "app"));
        next(hesitant);
        advance(hesitant);
        refused(hesitant, "57014", "due to timeout");
        EmbeddedChannel cancelling = connect(Method.SCRAM);
        cancelling.writeInbound(
                Unpooled.buffer().writeInt(16).writeInt(CANCEL_REQUEST).writeLong(1));
        advance(cancelling);
        assertThat(cancelling.isOpen()).isFalse();
        EmbeddedChannel in = connect(Method.TRUST);
        in.writeInbound(startUp(V3, "user", "app"));
        advance(in);
        assertThat(in.isOpen()).as("who is in stays in").isTrue();
    }

    @Test
    void noGarbageEndsInAnythingButARefusal() {
        Random random = new Random(42);
        for (int round = 0; round < 5_000; round++) {
            EmbeddedChannel client = connect(Method.SCRAM);
            ByteBuf start = startUp(V3, "user", "app", "options", "-c x=y");
            start.setByte(random.nextInt(start.readableBytes()), random.nextInt(256));
            start.writerIndex(1 + random.nextInt(start.readableBytes()));
            client.writeInbound(start);
            byte[] more = new byte[random.nextInt(64)];
            random.nextBytes(more);
            if (client.isOpen()) {
                client.writeInbound(Unpooled.wrappedBuffer(more));
            }
            client.checkException();
            client.finishAndReleaseAll();
            assertThat(start.refCnt()).as("released in round %d", round).isZero();
        }
        assertThat(reception.startUp).isNull();
    }

    private static void advance(EmbeddedChannel channel) {
        channel.advanceTimeBy(Settings.with(List.of()).loginTimeout().toMillis() + 1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    private EmbeddedChannel connect(Method method) {
        return new Client(door(List.of(new AccessRule("all", "all", "all", method)), 100_000));
    }

    private FrontDoor door(List<AccessRule> rules, int maxClients) {
        RouterSettings settings = Settings.with(rules, maxClients);
        return new FrontDoor(settings, FrontTls.OFF, new Verifiers(catalogue), reception);
    }

    private void refused(ByteBuf sent, String sqlState, String message) {
        refused(sent, sqlState, message, List.of(AccessRule.SCRAM_FOR_ALL));
    }

    private void refused(ByteBuf sent, String sqlState, String message, List<AccessRule> rules) {
        EmbeddedChannel client = new Client(door(rules, 10));
        drip(client, sent);
        refused(client, sqlState, message);
    }

    private static void refused(EmbeddedChannel client, String sqlState, String message) {
        MessageFields fields = ((ErrorResponse) next(client)).fields();
        assertThat(fields.severity()).isEqualTo("FATAL");
        assertThat(fields.message()).contains(message);
        assertThat(fields.sqlState()).isEqualTo(sqlState);
        assertThat(client.isOpen()).isFalse();
    }

    private static BackendMessage next(EmbeddedChannel client) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf some = client.readOutbound(); some != null; some = client.readOutbound()) {
            all.writeBytes(some);
            some.release();
        }
        return new BackendDecoder().decode(all.nioBuffer()).orElseThrow();
    }

    private static String outbound(EmbeddedChannel client) {
        ByteBuf some = client.readOutbound();
        try {
            return some.toString(StandardCharsets.US_ASCII);
        } finally {
            some.release();
        }
    }

    private static void drip(EmbeddedChannel client, ByteBuf bytes) {
        while (bytes.isReadable() && client.isOpen()) {
            client.writeInbound(Unpooled.buffer(1).writeByte(bytes.readByte()));
        }
        bytes.release();
    }

    private static ByteBuf packet(int code) {
        return Unpooled.buffer().writeInt(8).writeInt(code);
    }

    private static ByteBuf bytes(int type, int length) {
        return Unpooled.buffer().writeByte(type).writeInt(length);
    }

    private static ByteBuf startUp(int version, String... parameters) {
        ByteBuf packet = Unpooled.buffer().writeInt(0).writeInt(version);
        for (String text : parameters) {
            packet.writeBytes(text.getBytes(StandardCharsets.UTF_8)).writeByte(0);
        }
        packet.writeByte(0);
        return packet.setInt(0, packet.readableBytes());
    }

    private static ByteBuf saslInitial(String mechanism, String first) {
        return Unpooled.wrappedBuffer(
                AuthenticationResponse.saslInitial(mechanism, first).encode());
    }

    private static ByteBuf sasl(String message) {
        return Unpooled.wrappedBuffer(AuthenticationResponse.sasl(message).encode());
    }

    private static final class Client extends EmbeddedChannel {
        private static final InetSocketAddress ADDRESS =
                new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 4711);

        private Client(FrontDoor door) {
            super(door);
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return ADDRESS;
        }
    }

    private static final class FakeReception implements Reception {
        private @Nullable StartUp startUp;
        private @Nullable Identity identity;
        private @Nullable Runnable done;
        private String early = "";
        private int cancelled;
        private byte[] secret = {};
        private final List<Channel> channels = new ArrayList<>();

        @Override
        public void admitted(Channel channel, StartUp startUp, Identity identity, ByteBuf early) {
            channels.add(channel);
            this.startUp = startUp;
            this.identity = identity;
            this.early = early.toString(StandardCharsets.US_ASCII);
            early.release();
        }

        @Override
        public void cancel(int id, byte[] secret, Runnable done) {
            this.cancelled = id;
            this.secret = secret;
            this.done = done;
        }

        @Override
        public String toString() {
            return startUp + " " + identity;
        }
    }
}
