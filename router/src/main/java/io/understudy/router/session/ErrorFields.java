package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads single fields of an error in place. */
final class ErrorFields {
    private static final Pattern SERVER_NAME = Pattern.compile(Prepared.NAME_PREFIX + "[0-9]+");

    private ErrorFields() {}

    /**
     * Tells an error in which the router's names of statements give way to the client's.
     *
     * @param asked the client's name for what it is about, where that is known; null where it is to be found by the server's
     * @return false when none of them is one of the client's; nothing was told then
     */
    static boolean rename(
            ByteBuf in, int body, int length, StatementNames names, byte @Nullable [] asked, Outgoing out) {
        String raw = in.toString(body, length, StandardCharsets.ISO_8859_1);
        String renamed = SERVER_NAME.matcher(raw).replaceAll(match -> {
            String name = asked == null ? names.nameOf(match.group()) : new String(asked, StandardCharsets.ISO_8859_1);
            return Matcher.quoteReplacement(name == null ? match.group() : name);
        });
        if (renamed.equals(raw)) {
            return false;
        }
        byte[] bytes = renamed.getBytes(StandardCharsets.ISO_8859_1);
        out.piece().writeByte('E').writeInt(Integer.BYTES + bytes.length).writeBytes(bytes);
        return true;
    }

    /** The field's text as raw bytes in Latin-1; empty when it is not there. */
    static String field(ByteBuf in, int body, int length, char wanted) {
        int end = body + length;
        int at = body;
        while (at < end && in.getByte(at) != 0) {
            byte type = in.getByte(at);
            int zero = in.indexOf(at + 1, end, (byte) 0);
            if (zero < 0) {
                return "";
            }
            if (type == wanted) {
                return in.toString(at + 1, zero - at - 1, StandardCharsets.ISO_8859_1);
            }
            at = zero + 1;
        }
        return "";
    }
}
