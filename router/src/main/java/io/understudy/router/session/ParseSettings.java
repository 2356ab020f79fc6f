package io.understudy.router.session;

import io.understudy.router.sql.SessionSettings;
import java.util.Set;
import java.util.TreeMap;

/**
 * Tells which of a session's settings decide what the text of a statement means: all but some that are known not to. A literal date, for
 * instance, is read by {@code DateStyle} when its statement is prepared, not when it is executed.
 */
final class ParseSettings {
    private static final Set<String> HARMLESS = Set.of(
            "application_name",
            "client_min_messages",
            "extra_float_digits",
            "idle_in_transaction_session_timeout",
            "idle_session_timeout",
            "lock_timeout",
            "statement_timeout",
            "synchronous_commit",
            "work_mem");

    private ParseSettings() {}

    /** Equal for sessions in which every text means the same, as far as settings decide it. */
    static String of(SessionSettings settings) {
        TreeMap<String, String> deciding = new TreeMap<>(settings.values());
        deciding.keySet().removeAll(HARMLESS);
        return deciding.toString();
    }
}
