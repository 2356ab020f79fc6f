package io.understudy.router.sql;

/** What a client asks for in its start-up message cannot be had. */
public final class SettingRefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final String sqlState;

    SettingRefusedException(String sqlState, String message) {
        super(message);
        this.sqlState = sqlState;
    }

    /** For the error that the client is sent. */
    public String sqlState() {
        return sqlState;
    }
}
