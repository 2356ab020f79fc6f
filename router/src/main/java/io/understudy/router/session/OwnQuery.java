package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A query of the router's own on a server connection that nobody uses meanwhile; its answer reaches no client. */
final class OwnQuery {
    /** The most bytes of rows kept of an answer. */
    static final int MOST_BYTES = 4 << 20;

    /**
     * How it went.
     *
     * @param rows texts as raw bytes in Latin-1, null for NULL
     * @param error null when it succeeded
     * @param errorState the SQLSTATE; empty when it succeeded
     */
    record Answer(
            List<List<@Nullable String>> rows, @Nullable String error, String errorState) {
        boolean failed() {
            return error != null;
        }
    }

    private final Consumer<Answer> receiver;
    private final List<List<@Nullable String>> rows = new ArrayList<>();
    private @Nullable String error;
    private String errorState = "";
    private int bytes;

    OwnQuery(Consumer<Answer> receiver) {
        this.receiver = receiver;
    }

    void row(ByteBuf in, int body, int length) {
        bytes += length;
        if (bytes > MOST_BYTES) {
            error = "more than " + MOST_BYTES + " bytes of rows";
            return;
        }
        int columns = in.getShort(body);
        int at = body + Short.BYTES;
        List<@Nullable String> row = new ArrayList<>(columns);
        for (int i = 0; i < columns; i++) {
            int size = in.getInt(at);
            at += Integer.BYTES;
            if (size < 0) {
                row.add(null);
            } else {
                row.add(in.toString(at, size, StandardCharsets.ISO_8859_1));
                at += size;
            }
        }
        rows.add(row);
    }

    void failed(String state, String message) {
        if (error == null) {
            error = message;
            errorState = state;
        }
    }

    void end() {
        receiver.accept(new Answer(rows, error, errorState));
    }
}
