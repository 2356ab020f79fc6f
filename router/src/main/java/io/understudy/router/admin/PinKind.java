package io.understudy.router.admin;

import java.util.Map;

/** What ties clients to server connections, as coarse as a metric's label must be. */
public enum PinKind {
    LISTEN,
    TEMPORARY,
    CURSOR,
    ADVISORY_LOCK,
    PREPARED,
    SESSION_USER,
    /** Also when the server could not be asked. */
    OTHER;

    private static final Map<String, PinKind> BY_FIRST_WORDS = Map.of(
            "LISTEN ", LISTEN,
            "temporary ", TEMPORARY,
            "held cursor ", CURSOR,
            "advisory lock", ADVISORY_LOCK,
            "PREPARE ", PREPARED,
            "SET SESSION AUTHORIZATION ", SESSION_USER);

    /** The kind of a reason that is written for people. */
    public static PinKind of(String reason) {
        return BY_FIRST_WORDS.entrySet().stream()
                .filter(each -> reason.startsWith(each.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(OTHER);
    }
}
