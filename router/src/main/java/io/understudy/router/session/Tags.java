package io.understudy.router.session;

import io.understudy.router.sql.CommandTag;

/** What commands mean for a session that shares its server connection. */
final class Tags {
    private Tags() {}

    /** After the transaction the server is asked what is left of it. */
    static boolean leavesState(CommandTag tag) {
        return switch (tag) {
            case SET, RESET, LISTEN, DECLARE_CURSOR, PREPARE, DISCARD_ALL, LOAD, DO, CALL -> true;
            case OTHER,
                    UNLISTEN,
                    CLOSE_CURSOR,
                    CLOSE_CURSOR_ALL,
                    PREPARE_TRANSACTION,
                    DEALLOCATE,
                    DEALLOCATE_ALL,
                    DISCARD_PLANS,
                    DISCARD_SEQUENCES,
                    DISCARD_TEMP,
                    DROP,
                    CREATE_TABLE,
                    CREATE_TABLE_AS,
                    BEGIN,
                    START_TRANSACTION,
                    COMMIT,
                    ROLLBACK -> false;
        };
    }

    /** What was left may be gone with it. */
    static boolean mayEndPin(CommandTag tag) {
        return switch (tag) {
            case UNLISTEN, CLOSE_CURSOR, CLOSE_CURSOR_ALL, DEALLOCATE, DEALLOCATE_ALL, DISCARD_TEMP, DROP, ROLLBACK ->
                true;
            case OTHER,
                    SET,
                    RESET,
                    LISTEN,
                    DECLARE_CURSOR,
                    PREPARE,
                    PREPARE_TRANSACTION,
                    DISCARD_ALL,
                    DISCARD_PLANS,
                    DISCARD_SEQUENCES,
                    LOAD,
                    DO,
                    CALL,
                    CREATE_TABLE,
                    CREATE_TABLE_AS,
                    BEGIN,
                    START_TRANSACTION,
                    COMMIT -> false;
        };
    }
}
