package io.understudy.benchmarks.router;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Messages of PostgreSQL's protocol, as the measured client and its server say them. */
final class Bytes {
    private static final int VERSION_3_0 = 3 << 16;
    private static final int MOST = 64 << 10;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(MOST);

    Bytes startUp(String user, String database) {
        int at = bytes.position();
        bytes.putInt(0).putInt(VERSION_3_0);
        text("user").text(user).text("database").text(database);
        bytes.put((byte) 0).putInt(at, bytes.position() - at);
        return this;
    }

    Bytes query(String sql) {
        int at = begin('Q');
        return text(sql).end(at);
    }

    Bytes parse(String name, String sql) {
        int at = begin('P');
        text(name).text(sql);
        bytes.putShort((short) 0);
        return end(at);
    }

    /** Without parameters. */
    Bytes bind(String statement) {
        int at = begin('B');
        text("").text(statement);
        bytes.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        return end(at);
    }

    Bytes execute() {
        int at = begin('E');
        text("");
        bytes.putInt(0);
        return end(at);
    }

    /** A message without a body. */
    Bytes empty(char type) {
        return end(begin(type));
    }

    Bytes authenticationOk() {
        int at = begin('R');
        bytes.putInt(0);
        return end(at);
    }

    Bytes parameter(String name, String value) {
        int at = begin('S');
        return text(name).text(value).end(at);
    }

    Bytes backendKeyData() {
        int at = begin('K');
        bytes.putInt(1).putInt(2);
        return end(at);
    }

    Bytes ready() {
        int at = begin('Z');
        bytes.put((byte) 'I');
        return end(at);
    }

    Bytes noParameters() {
        int at = begin('t');
        bytes.putShort((short) 0);
        return end(at);
    }

    Bytes oneColumn() {
        int at = begin('T');
        bytes.putShort((short) 1);
        text("n");
        bytes.putInt(0)
                .putShort((short) 0)
                .putInt(23)
                .putShort((short) 4)
                .putInt(-1)
                .putShort((short) 0);
        return end(at);
    }

    Bytes row(byte digit) {
        int at = begin('D');
        bytes.putShort((short) 1).putInt(1).put(digit);
        return end(at);
    }

    Bytes complete() {
        int at = begin('C');
        return text("SELECT 1").end(at);
    }

    /** What was said until now, to be sent any number of times. */
    ByteBuffer said() {
        return bytes.duplicate().flip().slice();
    }

    private Bytes text(String value) {
        bytes.put(value.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
        return this;
    }

    private int begin(char type) {
        bytes.put((byte) type).putInt(0);
        return bytes.position() - Integer.BYTES;
    }

    private Bytes end(int lengthAt) {
        bytes.putInt(lengthAt, bytes.position() - lengthAt);
        return this;
    }
}
