package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** Bytes that arrived and cannot be used yet: the beginning of a message, or what waits for a server connection. */
final class Held {
    private final Channel channel;
    private @Nullable ByteBuf bytes;

    Held(Channel channel) {
        this.channel = channel;
    }

    boolean isEmpty() {
        return bytes == null;
    }

    int size() {
        ByteBuf held = bytes;
        return held == null ? 0 : held.readableBytes();
    }

    /** What is held followed by {@code more}; the caller owns it, and nothing is held any more. */
    ByteBuf join(ByteBuf more) {
        ByteBuf first = bytes;
        if (first == null) {
            return more;
        }
        ByteBuf whole = first;
        try {
            if (first.refCnt() > 1 || first.writableBytes() < more.readableBytes()) {
                int needed = first.readableBytes() + more.readableBytes();
                // What is held stays so when there is no memory for this.
                whole = channel.alloc().buffer(Math.max(needed, first.readableBytes() * 2));
                whole.writeBytes(first);
                first.release();
            }
            bytes = null;
            whole.writeBytes(more);
        } finally {
            more.release();
        }
        return whole;
    }

    /** Takes what is held; null when nothing is. */
    @Nullable
    ByteBuf take() {
        ByteBuf taken = bytes;
        bytes = null;
        return taken;
    }

    /** Keeps what is left of {@code buffer} from the absolute index {@code from}, and takes the buffer over. */
    void keep(ByteBuf buffer, int from) {
        if (bytes != null) {
            throw new IllegalStateException("bytes are held already");
        }
        int left = buffer.writerIndex() - from;
        if (left == 0) {
            buffer.release();
        } else if (buffer.refCnt() == 1 && left > buffer.capacity() / 4) {
            buffer.readerIndex(from);
            bytes = buffer;
        } else {
            bytes = channel.alloc().buffer(left).writeBytes(buffer, from, left);
            buffer.release();
        }
    }

    void discard() {
        ByteBuf gone = take();
        if (gone != null) {
            gone.release();
        }
    }
}
