package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.CustomSettings;
import io.understudy.router.sql.Suspicion;
import java.util.Locale;
import java.util.Set;

/** Whether, and which, settings of an application's own a text may set. */
final class Custom {
    private static final int SPACES = 64;

    private Custom() {}

    /** Whether it is worth a reading: the text begins with SET, or mentions set_config. Allocates nothing. */
    static boolean isPossible(ByteBuf sql, int from, int length, int suspicion) {
        if ((suspicion & Suspicion.SET_CONFIG) != 0) {
            return true;
        }
        int at = from;
        int end = from + length;
        while (at < end && at - from < SPACES && sql.getByte(at) <= ' ' && sql.getByte(at) >= 0) {
            at++;
        }
        return at + 3 < end
                && (sql.getByte(at) | 0x20) == 's'
                && (sql.getByte(at + 1) | 0x20) == 'e'
                && (sql.getByte(at + 2) | 0x20) == 't';
    }

    /** The names, lower case; the text is raw bytes as Latin-1. */
    static Set<String> names(String sql, int suspicion) {
        boolean possible = (suspicion & Suspicion.SET_CONFIG) != 0
                || sql.stripLeading().toLowerCase(Locale.ROOT).startsWith("set");
        return possible ? CustomSettings.of(sql).names() : Set.of();
    }
}
