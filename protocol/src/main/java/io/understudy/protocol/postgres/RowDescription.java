package io.understudy.protocol.postgres;

import io.understudy.protocol.postgres.CopyLayout.Format;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The columns of the rows that follow. */
public record RowDescription(List<Column> columns) implements BackendMessage {
    static final char TYPE = 'T';
    private static final int LEAST_BYTES_A_COLUMN = 19;

    /**
     * One column.
     *
     * @param tableOid the table it comes from, 0 if none
     * @param attribute its number in that table, 0 if none
     * @param typeOid its type
     * @param typeBytes the size of its type, negative if it varies
     * @param typeModifier what the type is modified by, -1 if by nothing
     */
    public record Column(
            String name,
            int tableOid,
            short attribute,
            int typeOid,
            short typeBytes,
            int typeModifier,
            Format format) {}

    public RowDescription {
        columns = List.copyOf(columns);
    }

    static RowDescription decode(Octets body) {
        BodyReader in = new BodyReader("RowDescription", body);
        int count = in.count("number of columns", LEAST_BYTES_A_COLUMN);
        List<Column> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            columns.add(new Column(
                    in.text("name"),
                    in.int4("table"),
                    in.int2("attribute"),
                    in.int4("type"),
                    in.int2("type size"),
                    in.int4("type modifier"),
                    CopyLayout.format(in, in.int2("format"))));
        }
        in.end();
        return new RowDescription(columns);
    }

    @Override
    public ByteBuffer encode() {
        return BodyWriter.frame(TYPE, out -> {
            out.int2(columns.size());
            for (Column column : columns) {
                out.text(column.name())
                        .int4(column.tableOid())
                        .int2(column.attribute())
                        .int4(column.typeOid())
                        .int2(column.typeBytes())
                        .int4(column.typeModifier())
                        .int2(column.format().ordinal());
            }
        });
    }
}
