package io.understudy.router.sockets;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends bytes to a channel's socket at once, past the channel's own queue of writes, while nothing waits in that. Owned by the event loop.
 */
public final class DirectSend {
    private final Channel channel;
    private final Socket socket;

    private DirectSend(Channel channel, Socket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    /** Null where the bytes are not the socket's: with TLS, or through another transport. */
    public static @Nullable DirectSend of(Channel channel) {
        return channel.pipeline().get(SslHandler.class) == null
                        && channel instanceof EpollSocketChannel epoll
                        && epoll.fd() instanceof Socket socket
                ? new DirectSend(channel, socket)
                : null;
    }

    /**
     * Sends the bytes of {@code buffer} between two absolute indexes.
     *
     * @return how many were sent; the others are to be written to the channel, which also finds out when the connection broke
     */
    public int send(ByteBuf buffer, int begin, int end) {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        // A closed descriptor's number may be another connection's by now.
        if (queue == null || queue.totalPendingWriteBytes() > 0 || !socket.isOpen() || !buffer.hasMemoryAddress()) {
            return 0;
        }
        try {
            return Math.max(0, socket.sendAddress(buffer.memoryAddress(), begin, end));
        } catch (IOException broken) {
            // The channel meets the same when it is given these bytes, and closes.
            return 0;
        }
    }
}
