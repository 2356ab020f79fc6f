package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/** An immutable run of bytes, compared by content. Slices share their bytes with what they were cut from. */
public final class Octets {
    /** No bytes at all. */
    public static final Octets EMPTY = new Octets(new byte[0], 0, 0);

    private final byte[] bytes;
    private final int offset;
    private final int length;

    private Octets(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.offset = offset;
        this.length = length;
    }

    /** A copy of {@code bytes}. */
    public static Octets copyOf(byte[] bytes) {
        return new Octets(bytes.clone(), 0, bytes.length);
    }

    /** The UTF-8 encoding of {@code text}. */
    public static Octets utf8(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Octets(bytes, 0, bytes.length);
    }

    /** Takes over an array that nobody writes to any more, without copying it. */
    static Octets adopt(byte[] bytes) {
        return new Octets(bytes, 0, bytes.length);
    }

    /** How many bytes these are. */
    public int length() {
        return length;
    }

    /** The byte at {@code index}, counted from 0. */
    public byte at(int index) {
        return bytes[offset + Objects.checkIndex(index, length)];
    }

    /** The {@code count} bytes from {@code from} on, without copying them. */
    public Octets slice(int from, int count) {
        Objects.checkFromIndexSize(from, count, length);
        return new Octets(bytes, offset + from, count);
    }

    /** Copies {@code count} bytes from {@code from} on into {@code target} at {@code targetOffset}. */
    public void copyTo(int from, byte[] target, int targetOffset, int count) {
        Objects.checkFromIndexSize(from, count, length);
        System.arraycopy(bytes, offset + from, target, targetOffset, count);
    }

    /** A copy as an array. */
    public byte[] toArray() {
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** The bytes as a read-only buffer, big-endian as the protocol is. */
    public ByteBuffer asBuffer() {
        return ByteBuffer.wrap(bytes, offset, length).slice().asReadOnlyBuffer();
    }

    /** The bytes read as UTF-8; what is not UTF-8 becomes U+FFFD. */
    public String utf8() {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets that
                && Arrays.equals(bytes, offset, offset + length, that.bytes, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        return asBuffer().hashCode();
    }

    @Override
    public String toString() {
        return length + " bytes";
    }
}
