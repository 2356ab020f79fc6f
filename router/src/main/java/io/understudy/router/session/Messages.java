package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The messages that the router writes itself. Texts that came from a peer are raw bytes as Latin-1. */
final class Messages {
    private static final Charset RAW = StandardCharsets.ISO_8859_1;

    private Messages() {}

    static void readyForQuery(ByteBuf out, byte status) {
        out.writeByte('Z').writeInt(Integer.BYTES + 1).writeByte(status);
    }

    static void parameterStatus(ByteBuf out, String name, String value) {
        int at = begin(out, 'S');
        text(out, name.getBytes(RAW));
        text(out, value.getBytes(RAW));
        end(out, at);
    }

    static void authenticationOk(ByteBuf out) {
        out.writeByte('R').writeInt(2 * Integer.BYTES).writeInt(0);
    }

    static void backendKeyData(ByteBuf out, int id, byte[] secret) {
        out.writeByte('K')
                .writeInt(2 * Integer.BYTES + secret.length)
                .writeInt(id)
                .writeBytes(secret);
    }

    static void empty(ByteBuf out, char type) {
        out.writeByte(type).writeInt(Integer.BYTES);
    }

    static void error(ByteBuf out, Problem problem) {
        int at = begin(out, 'E');
        field(out, 'S', problem.severity());
        field(out, 'V', problem.severity());
        field(out, 'C', problem.sqlState());
        field(out, 'M', problem.message());
        if (!problem.detail().isEmpty()) {
            field(out, 'D', problem.detail());
        }
        if (!problem.hint().isEmpty()) {
            field(out, 'H', problem.hint());
        }
        out.writeByte(0);
        end(out, at);
    }

    static void query(ByteBuf out, String rawSql) {
        int at = begin(out, 'Q');
        text(out, rawSql.getBytes(RAW));
        end(out, at);
    }

    static void parse(ByteBuf out, byte[] name, byte[] tail) {
        out.writeByte('P').writeInt(Integer.BYTES + name.length + 1 + tail.length);
        text(out, name);
        out.writeBytes(tail);
    }

    /** Runs a prepared statement with one parameter; all in text. */
    static void bindAndExecute(ByteBuf out, byte[] statement, byte[] parameter) {
        int at = begin(out, 'B');
        out.writeByte(0);
        text(out, statement);
        out.writeShort(0)
                .writeShort(1)
                .writeInt(parameter.length)
                .writeBytes(parameter)
                .writeShort(0);
        end(out, at);
        execute(out, new byte[0]);
    }

    /** Makes a portal of a statement without parameters; all in text. */
    static void bind(ByteBuf out, byte[] portal, byte[] statement) {
        int at = begin(out, 'B');
        text(out, portal);
        text(out, statement);
        out.writeShort(0).writeShort(0).writeShort(0);
        end(out, at);
    }

    /** Runs a portal to its end. */
    static void execute(ByteBuf out, byte[] portal) {
        int at = begin(out, 'E');
        text(out, portal);
        out.writeInt(0);
        end(out, at);
    }

    static void closePortal(ByteBuf out, byte[] name) {
        close(out, 'P', name);
    }

    static void closeStatement(ByteBuf out, byte[] name) {
        close(out, 'S', name);
    }

    private static void close(ByteBuf out, char what, byte[] name) {
        out.writeByte('C').writeInt(Integer.BYTES + 1 + name.length + 1).writeByte(what);
        text(out, name);
    }

    static void describeStatement(ByteBuf out, byte[] name) {
        out.writeByte('D').writeInt(Integer.BYTES + 1 + name.length + 1).writeByte('S');
        text(out, name);
    }

    static void terminate(ByteBuf out) {
        empty(out, 'X');
    }

    private static void field(ByteBuf out, char type, String value) {
        out.writeByte(type);
        text(out, value.getBytes(StandardCharsets.UTF_8));
    }

    private static void text(ByteBuf out, byte[] value) {
        out.writeBytes(value).writeByte(0);
    }

    private static int begin(ByteBuf out, char type) {
        out.writeByte(type).writeInt(0);
        return out.writerIndex() - Integer.BYTES;
    }

    private static void end(ByteBuf out, int lengthAt) {
        out.setInt(lengthAt, out.writerIndex() - lengthAt);
    }
}
