package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;

/** Reads the body of one message field by field and refuses to read past its end. */
final class BodyReader {
    private final String message;
    private final Octets body;
    private final ByteBuffer in;

    BodyReader(String message, Octets body) {
        this.message = message;
        this.body = body;
        this.in = body.asBuffer();
    }

    byte int1(String field) {
        need(field, Byte.BYTES);
        return in.get();
    }

    short int2(String field) {
        need(field, Short.BYTES);
        return in.getShort();
    }

    int int4(String field) {
        need(field, Integer.BYTES);
        return in.getInt();
    }

    /** A 16 bit count of things that follow and take at least {@code bytesEach} bytes each. */
    int count(String field, int bytesEach) {
        int count = int2(field);
        if (count < 0 || (long) count * bytesEach > in.remaining()) {
            throw malformed("%s is %d, which the %d bytes left can not hold".formatted(field, count, in.remaining()));
        }
        return count;
    }

    Octets octets(String field, int length) {
        need(field, length);
        Octets octets = body.slice(in.position(), length);
        in.position(in.position() + length);
        return octets;
    }

    Octets rest() {
        return octets("rest", in.remaining());
    }

    /** Text up to a zero byte, which is read too. */
    String text(String field) {
        int start = in.position();
        while (in.hasRemaining()) {
            if (in.get() == 0) {
                return body.slice(start, in.position() - 1 - start).utf8();
            }
        }
        throw malformed("%s has no terminating zero byte".formatted(field));
    }

    boolean hasMore() {
        return in.hasRemaining();
    }

    void end() {
        if (in.hasRemaining()) {
            throw malformed("%d bytes are left over at its end".formatted(in.remaining()));
        }
    }

    MalformedMessageException malformed(String what) {
        return new MalformedMessageException("malformed %s (%d bytes): %s".formatted(message, body.length(), what));
    }

    private void need(String field, int length) {
        if (length < 0 || length > in.remaining()) {
            throw malformed("%s needs %d bytes, %d are left".formatted(field, length, in.remaining()));
        }
    }
}
