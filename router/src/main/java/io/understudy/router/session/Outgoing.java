package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one channel, in as few writes as possible: neighbouring runs of one source become one slice of it, small pieces
 * are copied together. Owned by the event loop. {@link #settle} before a source is released.
 */
final class Outgoing {
    /** Up to here copying is cheaper than another piece in a gathered write. */
    private static final int COPIED_BYTES = 2048;

    private final Channel channel;
    private final @Nullable ChannelPromise promise;
    private @Nullable ByteBuf source;
    private int from;
    private int to;
    private @Nullable ByteBuf small;
    private boolean unflushed;

    Outgoing(Channel channel) {
        this.channel = channel;
        // Writes through TLS want a promise each; plain ones share one, and a failure closes the channel.
        this.promise = channel.pipeline().get(SslHandler.class) == null ? channel.voidPromise() : null;
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
        ByteBuf filling = small;
        if (filling == null) {
            filling = channel.alloc().buffer(COPIED_BYTES);
            small = filling;
        }
        return filling;
    }

    /** Hands everything to the channel, which sends it at its next flush. */
    void settle() {
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

    private void endRun() {
        ByteBuf run = source;
        if (run == null) {
            return;
        }
        source = null;
        if (small == null && from == run.readerIndex() && to == run.writerIndex()) {
            write(run.retain());
        } else if (to - from <= COPIED_BYTES) {
            ByteBuf filling = small;
            if (filling == null) {
                filling = channel.alloc().buffer(Math.max(COPIED_BYTES / 4, to - from));
                small = filling;
            }
            filling.writeBytes(run, from, to - from);
        } else {
            endSmall();
            write(run.retainedSlice(from, to - from));
        }
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
