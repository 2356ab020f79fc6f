package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into frames, however the bytes are split. Owned by one thread at a time. After a refused length
 * every further call refuses again: there is no way to find the next frame.
 */
final class FrameAssembler {
    /** What a frame is: its type and the body behind its length. */
    record Frame(char type, Octets body) {}

    /** The type of a frame that has none: the first one of a connection. */
    static final char UNTYPED = '\0';

    private static final int TYPE_BYTES = 1;
    private static final int LENGTH_BYTES = Integer.BYTES;

    private final int maxBodyBytes;
    private final ByteBuffer header = ByteBuffer.allocate(TYPE_BYTES + LENGTH_BYTES);
    private @Nullable ByteBuffer body;

    FrameAssembler(int maxBodyBytes) {
        this.maxBodyBytes = maxBodyBytes;
    }

    /** Lets the next frame be one without a type byte. Only between frames. */
    FrameAssembler untyped() {
        header.put((byte) UNTYPED);
        return this;
    }

    /** Takes bytes up to the end of the next frame; null when {@code input} was used up before it. */
    @Nullable
    Frame next(ByteBuffer input) {
        ByteBuffer filling = body;
        if (filling == null) {
            fill(header, input);
            if (header.hasRemaining()) {
                return null;
            }
            filling = ByteBuffer.allocate(checkedBodyBytes());
            body = filling;
        }
        fill(filling, input);
        if (filling.hasRemaining()) {
            return null;
        }
        Frame frame = new Frame((char) (header.get(0) & 0xff), Octets.adopt(filling.array()));
        header.clear();
        body = null;
        return frame;
    }

    private int checkedBodyBytes() {
        int length = header.getInt(TYPE_BYTES);
        int type = header.get(0) & 0xff;
        if (length < LENGTH_BYTES) {
            throw new MalformedMessageException(
                    "frame of type %s announces a length of %d bytes; the length counts itself and is at least %d"
                            .formatted(name(type), length, LENGTH_BYTES));
        }
        if (length - LENGTH_BYTES > maxBodyBytes) {
            throw new MalformedMessageException(
                    "frame of type %s announces %d bytes of body; at most %d are accepted. Is the peer a PostgreSQL server?"
                            .formatted(name(type), length - LENGTH_BYTES, maxBodyBytes));
        }
        return length - LENGTH_BYTES;
    }

    static String name(int type) {
        return type == UNTYPED
                ? "(start-up)"
                : type > ' ' && type < 127 ? "'" + (char) type + "'" : "0x%02x".formatted(type);
    }

    private static void fill(ByteBuffer target, ByteBuffer input) {
        int count = Math.min(target.remaining(), input.remaining());
        target.put(target.position(), input, input.position(), count);
        target.position(target.position() + count);
        input.position(input.position() + count);
    }
}
