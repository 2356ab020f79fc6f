package io.understudy.router.back;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.sockets.Reads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, from looking its address up to what it was opened for, within one time limit. The channel is closed unless that
 * succeeded. Owned by the event loop.
 *
 * @param <T> what it was opened for
 */
final class Opening<T extends @Nullable Object> {
    private static final int SSL_REQUEST_LENGTH = 8;
    private static final int SSL_REQUEST_CODE = 1234 << 16 | 5679;

    private final EventLoop loop;
    private final BackTls tls;
    private final Endpoint server;
    private final Duration limit;
    private final Function<Opening<T>, ChannelHandler> purpose;
    private final CompletableFuture<T> outcome = new CompletableFuture<>();
    private @Nullable Channel channel;
    private @Nullable Future<?> timer;
    private String doing = "looking up its address";

    /** @param purpose makes the handler that does what the connection is for; it is added once the connection is open, and encrypted if it is to be */
    Opening(
            EventLoop loop,
            BackTls tls,
            Endpoint server,
            Duration limit,
            Function<Opening<T>, ChannelHandler> purpose) {
        this.loop = loop;
        this.tls = tls;
        this.server = server;
        this.limit = limit;
        this.purpose = purpose;
    }

    /** Starts; from any thread. */
    CompletionStage<T> run() {
        if (loop.inEventLoop()) {
            start();
        } else {
            loop.execute(this::start);
        }
        return outcome();
    }

    CompletionStage<T> outcome() {
        return outcome.minimalCompletionStage();
    }

    Endpoint server() {
        return server;
    }

    /** Says what is being waited for, for the error when it takes too long. */
    void doing(String what) {
        doing = what;
    }

    void succeed(T result) {
        if (outcome.complete(result)) {
            stopTimer();
        }
    }

    void fail(IOException reason) {
        stopTimer();
        Channel open = channel;
        if (open != null) {
            open.close();
        }
        outcome.completeExceptionally(reason);
    }

    private void stopTimer() {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
    }

    private void start() {
        timer = loop.schedule(
                () -> fail(new IOException(
                        "the server at %s took longer than %s while %s".formatted(server, limit, doing))),
                limit.toMillis(),
                TimeUnit.MILLISECONDS);
        if (isLiteral(server.host())) {
            resolve();
        } else {
            // The look-up may block for seconds, and this loop carries every client.
            Thread.ofVirtual().name("router-lookup").start(this::resolve);
        }
    }

    private static boolean isLiteral(String host) {
        return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
    }

    private void resolve() {
        try {
            InetAddress[] addresses = InetAddress.getAllByName(server.host());
            onLoop(() -> connect(addresses, 0));
        } catch (UnknownHostException e) {
            onLoop(() ->
                    fail(new IOException("the server at %s has no address: %s".formatted(server, e.getMessage()), e)));
        }
    }

    private void onLoop(Runnable step) {
        if (loop.inEventLoop()) {
            step.run();
        } else {
            loop.execute(step);
        }
    }

    private void connect(InetAddress[] addresses, int index) {
        if (outcome.isDone()) {
            return;
        }
        doing = "connecting";
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new Reads())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limit.toMillis())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel fresh) {
                        // Everything is added once connected; until then there is nothing to handle.
                    }
                })
                .connect(new InetSocketAddress(addresses[index], server.port()));
        channel = connecting.channel();
        connecting.addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                connected(done.channel());
            } else if (index + 1 < addresses.length) {
                connect(addresses, index + 1);
            } else {
                fail(new IOException(
                        "can not connect to the server at %s: %s"
                                .formatted(server, done.cause().getMessage()),
                        done.cause()));
            }
        });
    }

    private void connected(Channel open) {
        if (outcome.isDone()) {
            open.close();
        } else if (tls.isAsked()) {
            doing = "waiting for its answer to the request for TLS";
            open.pipeline().addLast(new TlsAnswer());
            open.writeAndFlush(open.alloc()
                    .buffer(SSL_REQUEST_LENGTH)
                    .writeInt(SSL_REQUEST_LENGTH)
                    .writeInt(SSL_REQUEST_CODE));
            open.read();
        } else {
            open.pipeline().addLast(purpose.apply(this));
        }
    }

    /** Reads the one byte by which a server says whether it speaks TLS. */
    private final class TlsAnswer extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                byte answer = bytes.readByte();
                if (bytes.isReadable()) {
                    // What was not encrypted must never be taken for what was (CVE-2021-23222).
                    fail(new IOException("the server at %s sent %d bytes behind its answer to the request for TLS:"
                                    .formatted(server, bytes.readableBytes())
                            + " somebody may be in between"));
                } else {
                    answered(ctx, answer);
                }
            } finally {
                bytes.release();
            }
        }

        private void answered(ChannelHandlerContext ctx, byte answer) {
            if (answer == 'S') {
                encrypt(ctx);
            } else if (answer != 'N') {
                fail(new IOException("the server at %s answered the request for TLS with byte %d, expected S or N"
                        .formatted(server, answer)));
            } else if (tls.isOptional()) {
                ctx.pipeline().replace(this, null, purpose.apply(Opening.this));
            } else {
                fail(new IOException(
                        "the server at %s does not speak TLS, and mode %s asks for it; set ssl = on there, or the mode to prefer"
                                .formatted(server, tls.mode())));
            }
        }

        private void encrypt(ChannelHandlerContext ctx) {
            doing = "agreeing on TLS";
            SslHandler handler = tls.handler(ctx.channel(), server, limit);
            ctx.pipeline().addFirst(handler);
            ctx.read();
            handler.handshakeFuture().addListener(done -> {
                if (done.isSuccess()) {
                    ctx.pipeline().replace(this, null, purpose.apply(Opening.this));
                } else {
                    fail(new IOException(
                            "TLS with the server at %s failed in mode %s: %s"
                                    .formatted(server, tls.mode(), reason(done.cause())),
                            done.cause()));
                }
            });
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(new IOException("the server at %s closed the connection while %s".formatted(server, doing)));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(new IOException(
                    "the connection to %s failed while %s: %s".formatted(server, doing, reason(cause)), cause));
        }
    }

    /** What TLS says itself, where it does: its wrappers say less, and its causes are riddles. */
    private static String reason(Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof SSLException) {
                return String.valueOf(one.getMessage());
            }
        }
        return String.valueOf(cause.getMessage());
    }
}
