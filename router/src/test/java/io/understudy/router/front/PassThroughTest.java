package io.understudy.router.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.understudy.core.cluster.Endpoint;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.TransactionStatus;
import io.understudy.protocol.postgres.FrontendMessage.Query;
import io.understudy.protocol.postgres.MessageFields;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramKeys;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.Certificates;
import io.understudy.router.back.Destination;
import io.understudy.router.back.RealServer;
import io.understudy.router.back.ServerCancel;
import io.understudy.router.back.ServerLogin;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.back.ServerRefusedException;
import io.understudy.router.back.Welcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real clients at the front door, a real server behind it, and nothing but the client's proof in between. */
class PassThroughTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    static Path files;

    private static Certificates certificates;
    private static BackTls.KeyPair own;
    private static RealServer server;
    private static MultiThreadIoEventLoopGroup group;

    private final List<ScramKeys> keys = new ArrayList<>();
    private EventLoop loop;
    private BackTls backTls = BackTls.DISABLED;
    private @Nullable Channel listener;

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(files);
        own = certificates.issue("localhost", "san=dns:localhost");
        certificates.issue("app");
        server = RealServer.start(
                List.of(
                        "host all plain all password",
                        "host all digest all md5",
                        "host all guest all trust",
                        "hostssl all cert_user all cert",
                        "host all all all scram-sha-256"),
                List.of(own),
                List.of(certificates.authority()));
        server.execute(
                "create role app login password 'pencil'",
                "create role \"o'neil\\x\" login password 'pencil'",
                "create role expired login password 'pencil' valid until '2001-01-01'",
                "create role forever login password 'pencil' valid until 'infinity'",
                "create role locked nologin password 'pencil'",
                "create role bare login",
                "create role guest login",
                "create role cert_user login",
                "create role changing login password 'pencil'",
                "create role plain login password 'pencil'",
                "set password_encryption = 'md5'",
                "create role digest login password 'pencil'");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterAll
    static void stop() throws Exception {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
        server.close();
    }

    @BeforeEach
    void loop() {
        loop = group.next();
    }

    @AfterEach
    void closeListener() throws Exception {
        if (listener != null) {
            listener.close().get();
        }
    }

    @Test
    void theProofOfAClientOpensTheServer() throws Exception {
        open(FrontTls.OFF, Method.SCRAM);
        assertThat(user("app", "pencil", "")).isEqualTo("app");
        assertThat(user("forever", "pencil", "")).isEqualTo("forever");
        assertThat(user("o'neil\\x", "pencil", "")).isEqualTo("o'neil\\x");
    }

    @Test
    void whoIsNotLetInHearsTheSameWhateverTheReason() throws Exception {
        open(FrontTls.OFF, Method.SCRAM);
        for (String user : new String[] {"expired", "locked", "bare", "digest", "nobody"}) {
            refused("28P01", "password authentication failed for user \"" + user + "\"", user, "pencil", "");
        }
        refused("28P01", "password authentication failed for user \"app\"", "app", "pen", "");
        assertThat(keys).isEmpty();
    }

    @Test
    void aChangedPasswordIsNoticedByTheServerFirst() throws Exception {
        open(FrontTls.OFF, Method.SCRAM);
        assertThat(user("changing", "pencil", "")).isEqualTo("changing");
        server.execute("alter role changing password 'brush'");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> login(destination("changing", Optional.of(keys.getFirst()))))
                .withCauseInstanceOf(ServerRefusedException.class)
                .satisfies(e -> assertThat(e.getCause())
                        .isInstanceOfSatisfying(
                                ServerRefusedException.class,
                                said -> assertThat(said.isAboutIdentity()).isTrue()));
        refused("28P01", "password authentication failed", "changing", "brush", "");
        assertThat(user("changing", "brush", ""))
                .as("the failed proof evicted the old verifier")
                .isEqualTo("changing");
    }

    @Test
    void trustNeedsAServerThatTrustsToo() throws Exception {
        open(FrontTls.OFF, Method.TRUST);
        assertThat(user("guest", "", "")).isEqualTo("guest");
        refused("08006", "there is none", "app", "", "");
    }

    @Test
    void clientsAreEncryptedAndVerifyTheRouter() throws Exception {
        open(frontTls(FrontTls.Mode.REQUIRE), Method.SCRAM);
        String verifying = "&sslmode=verify-full&sslrootcert=" + certificates.authority();
        assertThat(user("app", "pencil", verifying)).isEqualTo("app");
        assertThat(user("app", "pencil", verifying + "&sslNegotiation=direct")).isEqualTo("app");
        refused("28000", "encrypted connections only", "app", "pencil", "&sslmode=disable");
    }

    @Test
    void bytesHiddenBehindARequestForTlsAreRefused() throws Exception {
        open(frontTls(FrontTls.Mode.ALLOW), Method.TRUST);
        try (Socket socket = new Socket("127.0.0.1", port())) {
            ByteBuf both =
                    Unpooled.buffer().writeInt(8).writeInt(80877103).writeInt(8).writeInt(3 << 16);
            socket.getOutputStream().write(both.array(), 0, both.readableBytes());
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("E")
                    .contains("08P01", "received unencrypted data after SSL request");
        }
    }

    @Test
    void aClientsCertificateNamesTheRole() throws Exception {
        open(frontTls(FrontTls.Mode.ALLOW), Method.CERTIFICATE);
        String with = "&sslmode=require&sslcert=" + files.resolve("app.crt") + "&sslkey=" + files.resolve("app.key");
        refused("28000", "certificate authentication failed for user \"guest\"", "guest", "", with);
        refused("28000", "requires a valid client certificate", "app", "", "&sslmode=require");
        refused("28000", "requires a valid client certificate", "app", "", "&sslmode=disable");
        refused("08006", "there is none", "app", "", with);
        certificates.issue("guest");
        assertThat(user("guest", "", with.replace("app.", "guest."))).isEqualTo("guest");
        Certificates strange = new Certificates(subdirectory());
        BackTls.KeyPair forged = strange.issue("guest");
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> user(
                        "guest", "", "&sslmode=require&sslcert=" + forged.certificate() + "&sslkey=" + forged.key()));
    }

    @Test
    void serversAreVerifiedAsFarAsAsked() throws Exception {
        Destination app = destination("guest", Optional.empty());
        for (BackTls.Mode mode : List.of(BackTls.Mode.PREFER, BackTls.Mode.REQUIRE)) {
            backTls = BackTls.of(mode, null, null);
            assertThat(encrypted(app)).isTrue();
        }
        backTls = BackTls.of(BackTls.Mode.VERIFY_CA, certificates.authority(), null);
        assertThat(encrypted(app)).isTrue();
        backTls = BackTls.of(BackTls.Mode.VERIFY_FULL, certificates.authority(), null);
        assertThat(encrypted(
                        new Destination(server.endpoint("localhost"), "guest", "postgres", Optional.empty(), Map.of())))
                .isTrue();
        fails("TLS with the server at 127.0.0.1", app, "No subject alternative names matching IP address");
        backTls = BackTls.of(BackTls.Mode.VERIFY_CA, new Certificates(subdirectory()).authority(), null);
        fails("TLS with the server at", app, "signature check failed");
    }

    @Test
    void theRoutersOwnCertificateOpensAServerThatWantsOne() throws Exception {
        Destination wanted = destination("cert_user", Optional.empty());
        backTls = BackTls.of(BackTls.Mode.REQUIRE, null, certificates.issue("cert_user"));
        assertThat(encrypted(wanted)).isTrue();
        backTls = BackTls.of(BackTls.Mode.REQUIRE, null, null);
        fails("refused the log-in", wanted, "requires a valid client certificate");
    }

    @Test
    void passwordsAreNeverSentInClearTextOrAsADigest() throws Exception {
        fails("asks for the password in clear text", destination("plain", Optional.empty()), "scram-sha-256");
        fails("asks for an MD5 digest", destination("digest", Optional.empty()), "scram-sha-256");
    }

    @Test
    void theRouterItselfLogsInByItsPassword() throws Exception {
        Destination app = destination("app", Optional.empty());
        ServerLogin login = new ServerLogin(loop, backTls, LIMIT);
        for (int round = 0; round < 2; round++) {
            Welcome welcome =
                    wait(login.login(app, new ServerPassword("pencil")).outcome());
            assertThat(welcome.parameters()).containsKey("server_version").containsEntry("application_name", "router");
            assertThat(welcome.channel().pipeline().names()).hasSize(1);
            assertThat(welcome.channel().config().isAutoRead()).isFalse();
            assertThat(welcome.early().isReadable()).isFalse();
            welcome.channel().close().get();
        }
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(
                        () -> wait(login.login(app, new ServerPassword("pen")).outcome()))
                .withMessageContaining("28P01");
    }

    @Test
    void aCancelRequestReachesTheServerOverEachKindOfConnection() throws Exception {
        for (BackTls tls : List.of(BackTls.DISABLED, BackTls.of(BackTls.Mode.REQUIRE, null, null))) {
            backTls = tls;
            Welcome welcome = login(destination("guest", Optional.empty()));
            CompletableFuture<String> answer = new CompletableFuture<>();
            welcome.channel().pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ByteBuf bytes = (ByteBuf) message;
                    answer.complete(bytes.toString(StandardCharsets.UTF_8));
                    bytes.release();
                }
            });
            welcome.channel().config().setAutoRead(true);
            welcome.channel().writeAndFlush(Unpooled.wrappedBuffer(new Query("select pg_sleep(60)").encode()));
            awaitSleeping(welcome.processId());
            wait(new ServerCancel(loop, tls, LIMIT).send(server.endpoint(), welcome.processId(), welcome.secret()));
            assertThat(answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).contains("57014");
            welcome.channel().close().get();
        }
    }

    private static void awaitSleeping(int processId) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            while (System.nanoTime() - deadline < 0) {
                try (ResultSet rows = statement.executeQuery(
                        "select 1 from pg_stat_activity where wait_event = 'PgSleep' and pid = " + processId)) {
                    if (rows.next()) {
                        return;
                    }
                }
            }
        }
        throw new AssertionError("the statement never slept");
    }

    @Test
    void aServerThatIsNotThereIsSaid() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        Endpoint nobody = new Endpoint("localhost", free);
        fails("can not connect", new Destination(nobody, "a", "b", Optional.empty(), Map.of()), "refused");
        fails(
                "has no address",
                new Destination(new Endpoint("no.such.host.invalid", 1), "a", "b", Optional.empty(), Map.of()),
                "no.such.host.invalid");
    }

    private static Path subdirectory() throws IOException {
        return Files.createTempDirectory(files, "other");
    }

    private static FrontTls frontTls(FrontTls.Mode mode) throws IOException {
        return FrontTls.of(mode, own.certificate(), own.key(), certificates.authority());
    }

    private static Destination destination(String user, Optional<ScramKeys> keys) {
        return new Destination(server.endpoint(), user, "postgres", keys, Map.of("application_name", "router"));
    }

    private Welcome login(Destination destination) throws Exception {
        return wait(new ServerLogin(loop, backTls, LIMIT).login(destination).outcome());
    }

    private boolean encrypted(Destination destination) throws Exception {
        Welcome welcome = login(destination);
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select ssl from pg_stat_ssl where pid = " + welcome.processId())) {
            return rows.next() && rows.getBoolean(1);
        } finally {
            welcome.channel().close().get();
        }
    }

    private void fails(String what, Destination destination, String why) {
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> login(destination))
                .withCauseInstanceOf(IOException.class)
                .withMessageContaining(what)
                .withMessageContaining(why);
    }

    private static <T extends @Nullable Object> T wait(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(LIMIT.toSeconds() * 2, TimeUnit.SECONDS);
    }

    private String user(String user, String password, String more) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url(more), user, password);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select current_user")) {
            assertThat(rows.next()).isTrue();
            return String.valueOf(rows.getString(1));
        }
    }

    private void refused(String sqlState, String message, String user, String password, String more) {
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> user(user, password, more))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
    }

    private String url(String more) {
        return "jdbc:postgresql://localhost:" + port() + "/postgres?gssEncMode=disable" + more;
    }

    private int port() {
        return ((InetSocketAddress) Objects.requireNonNull(listener).localAddress()).getPort();
    }

    private void open(FrontTls tls, Method method) throws Exception {
        RouterSettings settings = Settings.with(List.of(new AccessRule("all", "all", "all", method)));
        FrontDoor door = new FrontDoor(settings, tls, new Verifiers(this::rows), new Relay());
        listener = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(door)
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    /** Asks the server as the router will: elsewhere, answering on the event loop. */
    private CompletionStage<List<List<@Nullable String>>> rows(String sql) {
        CompletableFuture<List<List<@Nullable String>>> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(sql)) {
                List<List<@Nullable String>> rows = new ArrayList<>();
                while (result.next()) {
                    List<@Nullable String> row = new ArrayList<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        row.add(result.getString(i));
                    }
                    rows.add(row);
                }
                loop.execute(() -> answer.complete(rows));
            } catch (SQLException e) {
                loop.execute(() -> answer.completeExceptionally(new IOException(e)));
            }
        });
        return answer;
    }

    /** A session of its own for each client, and every byte passed on. */
    private final class Relay implements Reception {
        @Override
        public void admitted(Channel client, StartUp startUp, Identity identity, ByteBuf early) {
            assertThat(early.isReadable()).isFalse();
            identity.keys().ifPresent(keys::add);
            Destination destination = new Destination(
                    server.endpoint(), identity.user(), startUp.database(), identity.keys(), startUp.settings());
            new ServerLogin(loop, backTls, LIMIT).login(destination).outcome().whenComplete((welcome, failure) -> {
                if (failure != null) {
                    MessageFields fields = MessageFields.of("FATAL", "08006", String.valueOf(failure.getMessage()));
                    client.writeAndFlush(Unpooled.wrappedBuffer(new BackendMessage.ErrorResponse(fields).encode()))
                            .addListener(ChannelFutureListener.CLOSE);
                    return;
                }
                client.write(Unpooled.wrappedBuffer(new Authentication.Ok().encode()));
                welcome.parameters()
                        .forEach((name, value) -> client.write(
                                Unpooled.wrappedBuffer(new BackendMessage.ParameterStatus(name, value).encode())));
                client.write(Unpooled.wrappedBuffer(
                        new BackendMessage.BackendKeyData(1, Octets.copyOf(new byte[4])).encode()));
                client.writeAndFlush(
                        Unpooled.wrappedBuffer(new BackendMessage.ReadyForQuery(TransactionStatus.IDLE).encode()));
                join(client, welcome.channel());
                join(welcome.channel(), client);
            });
        }

        private void join(Channel from, Channel to) {
            from.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    to.writeAndFlush(message);
                }

                @Override
                public void channelInactive(ChannelHandlerContext ctx) {
                    to.close();
                }
            });
            from.config().setAutoRead(true);
        }

        @Override
        public void cancel(int id, byte[] secret, Runnable done) {
            done.run();
        }
    }
}
