package io.understudy.router.sockets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one event loop that are used over and over: one to read into, one to put small messages into. Whoever is handed the first
 * may keep it, by retaining it; then there is a new one. Owned by the event loop.
 */
public final class LoopBuffers implements AutoCloseable {
    /** The most that one read takes from a socket. */
    public static final int READ_BYTES = 64 << 10;

    /** The first size of a buffer for small messages. */
    static final int SMALL_BYTES = 2048;

    /** What grew beyond this is not kept. */
    private static final int MOST_KEPT_BYTES = 16 << 10;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf reading;
    private @Nullable ByteBuf small;
    private boolean closed;

    public LoopBuffers(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** An empty buffer to read into; the caller releases it. */
    ByteBuf forReading() {
        ByteBuf used = reading;
        if (used != null) {
            if (used.refCnt() == 1) {
                return used.clear().retain();
            }
            used.release();
        }
        ByteBuf fresh = allocator.directBuffer(READ_BYTES, READ_BYTES);
        if (closed) {
            return fresh;
        }
        reading = fresh;
        return fresh.retain();
    }

    /** An empty buffer for small messages, which grows; the caller gives it to {@link #back} or releases it. */
    public ByteBuf forSmallMessages() {
        ByteBuf free = small;
        if (free == null) {
            return allocator.directBuffer(SMALL_BYTES);
        }
        small = null;
        return free;
    }

    /** A buffer for small messages is not used any more. */
    public void back(ByteBuf done) {
        if (!closed && small == null && done.refCnt() == 1 && done.capacity() <= MOST_KEPT_BYTES) {
            small = done.clear();
        } else {
            done.release();
        }
    }

    /** Nothing is kept any more. */
    @Override
    public void close() {
        closed = true;
        ByteBuf first = reading;
        ByteBuf second = small;
        reading = null;
        small = null;
        if (first != null) {
            first.release();
        }
        if (second != null) {
            second.release();
        }
    }
}
