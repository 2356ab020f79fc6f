package io.understudy.router.session;

import io.understudy.router.sql.CustomSettings;
import io.understudy.router.sql.Suspicion;

/** Which settings of an application's own a text may set. */
final class Custom {
    private Custom() {}

    /** Whether it is worth a reading. */
    static boolean isPossible(int suspicion) {
        return (suspicion & (Suspicion.SET_CONFIG | Suspicion.SET_CUSTOM)) != 0;
    }

    /** What a text of raw bytes, as Latin-1, may set. */
    static CustomSettings of(String sql, int suspicion) {
        return isPossible(suspicion) ? CustomSettings.of(sql) : CustomSettings.NONE;
    }
}
