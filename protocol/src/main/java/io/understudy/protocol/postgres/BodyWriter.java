package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Builds one frame: a type byte (none at start-up), a length that counts itself, a body. */
final class BodyWriter {
    private static final int INITIAL_BYTES = 64;

    private ByteBuffer out = ByteBuffer.allocate(INITIAL_BYTES);

    private BodyWriter() {}

    /** A whole frame, ready to be written. */
    static ByteBuffer frame(char type, Consumer<BodyWriter> body) {
        BodyWriter writer = new BodyWriter();
        writer.int1((byte) type);
        return writer.lengthAndBody(body);
    }

    /** The first frame of a connection, which has no type byte. */
    static ByteBuffer untypedFrame(Consumer<BodyWriter> body) {
        return new BodyWriter().lengthAndBody(body);
    }

    private ByteBuffer lengthAndBody(Consumer<BodyWriter> body) {
        int lengthAt = out.position();
        int4(0);
        body.accept(this);
        out.putInt(lengthAt, out.position() - lengthAt);
        return out.flip();
    }

    BodyWriter int1(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    BodyWriter int2(int value) {
        room(Short.BYTES).putShort((short) value);
        return this;
    }

    BodyWriter int4(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    BodyWriter octets(Octets octets) {
        room(octets.length()).put(octets.asBuffer());
        return this;
    }

    /** Text and its terminating zero byte. */
    BodyWriter text(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("text of the protocol can not hold a zero character: " + text);
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(bytes.length + 1).put(bytes).put((byte) 0);
        return this;
    }

    private ByteBuffer room(int length) {
        if (out.remaining() < length) {
            int capacity = Math.max(out.capacity() * 2, Math.addExact(out.position(), length));
            int position = out.position();
            out = ByteBuffer.wrap(Arrays.copyOf(out.array(), capacity)).position(position);
        }
        return out;
    }
}
