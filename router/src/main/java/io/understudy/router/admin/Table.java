package io.understudy.router.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A table whose columns are known before its rows are.
 *
 * @param rows what it is filled with when it is asked for
 */
record Table<T>(List<Column<T>> columns, Function<Operations, List<T>> rows) {

    /** What a column holds, by PostgreSQL's number for the type. */
    enum Type {
        TEXT(25, -1),
        INT8(20, Long.BYTES);

        private final int oid;
        private final int bytes;

        Type(int oid, int bytes) {
            this.oid = oid;
            this.bytes = bytes;
        }

        int oid() {
            return oid;
        }

        /** -1 where it varies. */
        int bytes() {
            return bytes;
        }
    }

    /**
     * One column.
     *
     * @param value null for NULL
     */
    record Column<T>(String name, Type type, Function<T, @Nullable Object> value) {
        static <T> Column<T> text(String name, Function<T, @Nullable Object> value) {
            return new Column<>(name, Type.TEXT, value);
        }

        static <T> Column<T> number(String name, Function<T, @Nullable Object> value) {
            return new Column<>(name, Type.INT8, value);
        }
    }

    /** The rows as texts, null for NULL. */
    List<List<@Nullable String>> lines(Operations from) {
        return rows.apply(from).stream().map(this::line).toList();
    }

    private List<@Nullable String> line(T row) {
        List<@Nullable String> line = new ArrayList<>(columns.size());
        columns.forEach(column -> {
            Object value = column.value().apply(row);
            line.add(value == null ? null : value.toString());
        });
        return line;
    }
}
