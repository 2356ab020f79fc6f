package io.understudy.protocol.postgres;

import java.util.ArrayList;
import java.util.List;

/**
 * How the data of a copy is laid out.
 *
 * @param overall the format as a whole
 * @param columns the format of each column; empty for a stream that has none, as a base backup
 */
public record CopyLayout(Format overall, List<Format> columns) {
    /** How values travel. The order is the protocol's code. */
    public enum Format {
        TEXT,
        BINARY
    }

    /** The layout of a base backup's stream on 15 and later. */
    public static final CopyLayout TEXT_WITHOUT_COLUMNS = new CopyLayout(Format.TEXT, List.of());

    public CopyLayout {
        columns = List.copyOf(columns);
    }

    static CopyLayout decode(String message, Octets body) {
        BodyReader in = new BodyReader(message, body);
        Format overall = format(in, in.int1("format"));
        int count = in.count("number of columns", Short.BYTES);
        List<Format> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            columns.add(format(in, in.int2("column format")));
        }
        in.end();
        return new CopyLayout(overall, columns);
    }

    static Format format(BodyReader in, int code) {
        return switch (code) {
            case 0 -> Format.TEXT;
            case 1 -> Format.BINARY;
            default -> throw in.malformed("format is %d, expected 0 (text) or 1 (binary)".formatted(code));
        };
    }

    void encode(BodyWriter out) {
        out.int1(overall.ordinal()).int2(columns.size());
        columns.forEach(column -> out.int2(column.ordinal()));
    }
}
