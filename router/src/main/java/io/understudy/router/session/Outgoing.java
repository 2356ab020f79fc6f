package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import io.understudy.router.sockets.DirectSend;
import io.understudy.router.sockets.LoopBuffers;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one channel, in as few writes as possible: neighbouring runs of one source become one slice of it, small pieces
 * are copied together. What is one run or one buffer in the end, as nearly everything is, goes to the socket at once. Owned by the event
 * loop. {@link #settle} before a source is released.
 */
final class Outgoing {
    /** Up to here copying is cheaper than another piece in a gathered write. */
    private static final int COPIED_BYTES = 2048;

    private final Channel channel;
    private final LoopBuffers buffers;
    private final @Nullable ChannelPromise promise;
    private final @Nullable DirectSend direct;
    private @Nullable ByteBuf source;
    private int from;
    private int to;
    private @Nullable ByteBuf small;
    private boolean unflushed;

    Outgoing(Channel channel, LoopBuffers buffers) {
        this.channel = channel;
        this.buffers = buffers;
        // Writes through TLS want a promise each; plain ones share one, and a failure closes the channel.
        this.promise = channel.pipeline().get(SslHandler.class) == null ? channel.voidPromise() : null;
        this.direct = DirectSend.of(channel);
    }

    /** The bytes of {@code buffer} between two absolute indexes, without copying them if there are many. */
    void pass(ByteBuf buffer, int begin, int end) {
        if (buffer == source && begin == to) {
            to = end;
            return;
        }
        endRun();
        source = buffer;
        from = begin;
        to = end;
    }

    /** A buffer to write small pieces into; nothing else may be called until that is done. */
    ByteBuf piece() {
        endRun();
        return small();
    }

    /** Sends everything, or hands it to the channel, which sends it at its next flush. */
    void settle() {
        DirectSend sender = direct;
        if (sender != null && !unflushed) {
            sendAtOnce(sender);
        }
        endRun();
        endSmall();
    }

    void flush() {
        settle();
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Forgets what was not handed over; the channel is closed. */
    void discard() {
        source = null;
        ByteBuf filled = small;
        if (filled != null) {
            small = null;
            filled.release();
        }
    }

    private void sendAtOnce(DirectSend sender) {
        ByteBuf run = source;
        if (run != null && small != null && to - from <= COPIED_BYTES) {
            endRun();
            run = null;
        }
        ByteBuf filled = small;
        if (filled != null && run == null) {
            filled.skipBytes(sender.send(filled, filled.readerIndex(), filled.writerIndex()));
            if (!filled.isReadable()) {
                small = null;
                buffers.back(filled);
            }
        } else if (run != null && filled == null) {
            from += sender.send(run, from, to);
            if (from == to) {
                source = null;
            }
        }
    }

    private ByteBuf small() {
        ByteBuf filling = small;
        if (filling == null) {
            filling = buffers.forSmallMessages();
            small = filling;
        }
        return filling;
    }

    private void endRun() {
        ByteBuf run = source;
        if (run == null) {
            return;
        }
        source = null;
        int length = to - from;
        if (length <= COPIED_BYTES) {
            small().writeBytes(run, from, length);
            return;
        }
        endSmall();
        // While the channel does not take it, a slice would keep the whole of its source.
        boolean mostOfIt = length >= run.capacity() / 2;
        write(
                mostOfIt
                        ? run.retainedSlice(from, length)
                        : channel.alloc().directBuffer(length).writeBytes(run, from, length));
    }

    private void endSmall() {
        ByteBuf filled = small;
        if (filled != null) {
            small = null;
            write(filled);
        }
    }

    private void write(ByteBuf buffer) {
        unflushed = true;
        if (promise == null) {
            channel.write(buffer);
        } else {
            channel.write(buffer, promise);
        }
    }
}
