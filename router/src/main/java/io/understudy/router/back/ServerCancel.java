package io.understudy.router.back;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.understudy.core.cluster.Endpoint;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks a server to cancel what one of its processes is at. */
public final class ServerCancel {
    private static final int CANCEL_REQUEST_CODE = 1234 << 16 | 5678;

    private final EventLoop loop;
    private final BackTls tls;
    private final Duration limit;

    /** @param limit for the whole of one request */
    public ServerCancel(EventLoop loop, BackTls tls, Duration limit) {
        this.loop = loop;
        this.tls = tls;
        this.limit = limit;
    }

    /**
     * Sends a request on a connection of its own, encrypted where log-ins are.
     *
     * @return completes on the event loop when the server closed that connection: the signal has been sent then, if the process was the right
     *     one, which a server never says. Exceptionally with an {@link java.io.IOException} when the request may not have arrived
     */
    public CompletionStage<@Nullable Void> send(Endpoint server, int processId, byte[] secret) {
        byte[] key = secret.clone();
        return new Opening<@Nullable Void>(loop, tls, server, limit, opening -> new Request(opening, processId, key))
                .run();
    }

    private static final class Request extends ChannelInboundHandlerAdapter {
        private final Opening<@Nullable Void> opening;
        private final int processId;
        private final byte[] secret;

        private Request(Opening<@Nullable Void> opening, int processId, byte[] secret) {
            this.opening = opening;
            this.processId = processId;
            this.secret = secret;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            opening.doing("waiting for it to take a cancel request");
            int length = 3 * Integer.BYTES + secret.length;
            ctx.writeAndFlush(ctx.alloc()
                    .buffer(length)
                    .writeInt(length)
                    .writeInt(CANCEL_REQUEST_CODE)
                    .writeInt(processId)
                    .writeBytes(secret));
            ctx.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            ctx.read();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            opening.succeed(null);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Servers that close with a reset took the request all the same.
            ctx.close();
        }
    }
}
