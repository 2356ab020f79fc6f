package io.understudy.router.admin;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** One message of a client, being read. What is malformed ends its session. */
final class ClientMessage {
    private final char type;
    private final ByteBuf body;

    ClientMessage(char type, ByteBuf body) {
        this.type = type;
        this.body = body;
    }

    char type() {
        return type;
    }

    String text() throws MalformedException {
        int length = body.bytesBefore((byte) 0);
        if (length < 0) {
            throw new MalformedException("invalid string in a message of type '%s'".formatted(type));
        }
        String text = body.readCharSequence(length, StandardCharsets.UTF_8).toString();
        body.skipBytes(1);
        return text;
    }

    char character() throws MalformedException {
        require(1);
        return (char) body.readUnsignedByte();
    }

    int int2() throws MalformedException {
        require(Short.BYTES);
        return body.readShort();
    }

    int int4() throws MalformedException {
        require(Integer.BYTES);
        return body.readInt();
    }

    /** As many as are said to be there. */
    Formats formats() throws MalformedException {
        int count = int2();
        if (count < 0) {
            throw new MalformedException("%d formats in a message of type '%s'".formatted(count, type));
        }
        require(count * Short.BYTES);
        short[] codes = new short[count];
        for (int i = 0; i < count; i++) {
            codes[i] = body.readShort();
        }
        return new Formats(codes);
    }

    private void require(int bytes) throws MalformedException {
        if (body.readableBytes() < bytes) {
            throw new MalformedException("a message of type '%s' is too short".formatted(type));
        }
    }

    /** The client does not speak the protocol. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }
    }
}
