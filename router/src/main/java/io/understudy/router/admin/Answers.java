package io.understudy.router.admin;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator is told, in PostgreSQL's messages.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">Message Formats</a>
 */
final class Answers {
    private static final int FIRST_BYTES = 1024;
    private static final int BINARY = 1;

    private final Channel channel;
    private @Nullable ByteBuf filling;

    Answers(Channel channel) {
        this.channel = channel;
    }

    /** Sends what was written. */
    void flush() {
        ByteBuf filled = filling;
        if (filled != null) {
            filling = null;
            channel.writeAndFlush(filled);
        }
    }

    void discard() {
        ByteBuf filled = filling;
        if (filled != null) {
            filling = null;
            filled.release();
        }
    }

    void authenticationOk() {
        out().writeByte('R').writeInt(2 * Integer.BYTES).writeInt(0);
    }

    void parameter(String name, String value) {
        int at = begin('S');
        text(name);
        text(value);
        end(at);
    }

    void cancelKey(int id, byte[] secret) {
        int at = begin('K');
        out().writeInt(id).writeBytes(secret);
        end(at);
    }

    void ready() {
        out().writeByte('Z').writeInt(Integer.BYTES + 1).writeByte('I');
    }

    void empty(char type) {
        out().writeByte(type).writeInt(Integer.BYTES);
    }

    /** The parameters of a statement: none. */
    void noParameters() {
        out().writeByte('t').writeInt(Integer.BYTES + Short.BYTES).writeShort(0);
    }

    void complete(String tag) {
        int at = begin('C');
        text(tag);
        end(at);
    }

    void notice(String message) {
        fields('N', "NOTICE", "00000", message, "");
    }

    void error(CommandException failed) {
        fields('E', "ERROR", failed.sqlState(), failed.message(), failed.hint());
    }

    void fatal(CommandException failed) {
        fields('E', "FATAL", failed.sqlState(), failed.message(), failed.hint());
    }

    void columns(Table<?> table, Formats formats) {
        int at = begin('T');
        out().writeShort(table.columns().size());
        for (int i = 0; i < table.columns().size(); i++) {
            Table.Column<?> column = table.columns().get(i);
            text(column.name());
            out().writeInt(0)
                    .writeShort(0)
                    .writeInt(column.type().oid())
                    .writeShort(column.type().bytes())
                    .writeInt(-1)
                    .writeShort(formats.of(i));
        }
        end(at);
    }

    void row(Table<?> table, List<@Nullable String> line, Formats formats) {
        int at = begin('D');
        out().writeShort(line.size());
        for (int i = 0; i < line.size(); i++) {
            String value = line.get(i);
            if (value == null) {
                out().writeInt(-1);
            } else if (formats.of(i) == BINARY && table.columns().get(i).type() == Table.Type.INT8) {
                out().writeInt(Long.BYTES).writeLong(Long.parseLong(value));
            } else {
                byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
                out().writeInt(bytes.length).writeBytes(bytes);
            }
        }
        end(at);
    }

    private void fields(char type, String severity, String sqlState, String message, String hint) {
        int at = begin(type);
        field('S', severity);
        field('V', severity);
        field('C', sqlState);
        field('M', message);
        if (!hint.isEmpty()) {
            field('H', hint);
        }
        out().writeByte(0);
        end(at);
    }

    private void field(char type, String value) {
        out().writeByte(type);
        text(value);
    }

    /** A zero byte would end it, and whatever comes after it would be taken for something else. */
    private void text(String value) {
        out().writeBytes(value.replace('\0', ' ').getBytes(StandardCharsets.UTF_8))
                .writeByte(0);
    }

    private int begin(char type) {
        out().writeByte(type).writeInt(0);
        return out().writerIndex() - Integer.BYTES;
    }

    private void end(int lengthAt) {
        out().setInt(lengthAt, out().writerIndex() - lengthAt);
    }

    private ByteBuf out() {
        ByteBuf present = filling;
        if (present == null) {
            present = channel.alloc().buffer(FIRST_BYTES);
            filling = present;
        }
        return present;
    }
}
