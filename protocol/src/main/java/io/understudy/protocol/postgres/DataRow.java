package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One row; a column that is null is null here. */
public record DataRow(List<@Nullable Octets> columns) implements BackendMessage {
    static final char TYPE = 'D';
    private static final int NULL_LENGTH = -1;

    public DataRow {
        columns = Collections.unmodifiableList(new ArrayList<>(columns));
    }

    /** The text of the column at {@code index}, counted from 0; empty when it is null. */
    public Optional<String> text(int index) {
        return Optional.ofNullable(columns.get(index)).map(Octets::utf8);
    }

    static DataRow decode(Octets body) {
        BodyReader in = new BodyReader("DataRow", body);
        int count = in.count("number of columns", Integer.BYTES);
        List<@Nullable Octets> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = in.int4("column length");
            columns.add(length == NULL_LENGTH ? null : in.octets("column", length));
        }
        in.end();
        return new DataRow(columns);
    }

    @Override
    public ByteBuffer encode() {
        return BodyWriter.frame(TYPE, out -> {
            out.int2(columns.size());
            for (Octets column : columns) {
                if (column == null) {
                    out.int4(NULL_LENGTH);
                } else {
                    out.int4(column.length()).octets(column);
                }
            }
        });
    }
}
