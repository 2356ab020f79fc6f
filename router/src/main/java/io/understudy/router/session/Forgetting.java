package io.understudy.router.session;

import io.netty.buffer.ByteBuf;

/** Tells the statements by which a session forgets prepared ones: DISCARD and DEALLOCATE. */
final class Forgetting {
    private static final String DISCARD = "discard";
    private static final String DEALLOCATE = "deallocate";
    private static final int LOWER_CASE = 0x20;

    private Forgetting() {}

    /** Whether a text begins with one; behind a comment or another statement it is not found. */
    static boolean isOne(ByteBuf sql, int from, int end) {
        int at = from;
        while (at < end && sql.getByte(at) <= ' ' && sql.getByte(at) > 0) {
            at++;
        }
        return begins(sql, at, end, DISCARD) || begins(sql, at, end, DEALLOCATE);
    }

    private static boolean begins(ByteBuf sql, int at, int end, String word) {
        if (end - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((sql.getByte(at + i) | LOWER_CASE) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
