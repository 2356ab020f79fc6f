package io.understudy.router.sockets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Into which buffers a channel is read. During a log-in into buffers of its own, which whoever waits for the rest of a message may keep;
 * afterwards, if nothing is encrypted, into the one of its event loop, once each time that the socket is readable.
 *
 * <p>One object a channel: Netty makes the handle at the first read and never again, and what it does changes later. Owned by the
 * event loop.
 */
public final class Reads implements RecvByteBufAllocator {
    private static final RecvByteBufAllocator OWN = new AdaptiveRecvByteBufAllocator();

    private @Nullable LoopBuffers shared;

    /** From now on {@code channel} is read into the buffer of its event loop, unless it is encrypted. */
    public static void share(Channel channel, LoopBuffers buffers) {
        if (channel.config().getRecvByteBufAllocator() instanceof Reads reads
                && channel.pipeline().get(SslHandler.class) == null) {
            reads.shared = buffers;
        }
    }

    @Override
    @SuppressWarnings("deprecation") // The type that Netty's own transports ask for.
    public Handle newHandle() {
        return new Switching((ExtendedHandle) OWN.newHandle());
    }

    /** Counts in shared reads only what the transport asks back: it is called several times for each read. */
    private final class Switching implements ExtendedHandle {
        private final ExtendedHandle own;
        private int attempted;
        private int last;

        Switching(ExtendedHandle own) {
            this.own = own;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            LoopBuffers buffers = shared;
            return buffers == null ? own.allocate(allocator) : buffers.forReading();
        }

        @Override
        public int guess() {
            return shared == null ? own.guess() : LoopBuffers.READ_BYTES;
        }

        @Override
        public void reset(ChannelConfig config) {
            if (shared == null) {
                own.reset(config);
            }
        }

        @Override
        public void incMessagesRead(int messages) {
            if (shared == null) {
                own.incMessagesRead(messages);
            }
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attempted = bytes;
            if (shared == null) {
                own.attemptedBytesRead(bytes);
            }
        }

        @Override
        public int attemptedBytesRead() {
            return attempted;
        }

        @Override
        public void lastBytesRead(int bytes) {
            last = bytes;
            if (shared == null) {
                own.lastBytesRead(bytes);
            }
        }

        @Override
        public int lastBytesRead() {
            return last;
        }

        @Override
        public boolean continueReading() {
            return shared == null && own.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier mayBeMore) {
            return shared == null && own.continueReading(mayBeMore);
        }

        @Override
        public void readComplete() {
            if (shared == null) {
                own.readComplete();
            }
        }
    }
}
