package io.understudy.router.session;

/**
 * An error as a client is told it.
 *
 * @param severity ERROR when the session goes on, FATAL when it ends
 * @param detail empty for none
 * @param hint what to do next; empty for none
 */
record Problem(String severity, String sqlState, String message, String detail, String hint) {

    static Problem error(String sqlState, String message, String detail, String hint) {
        return new Problem("ERROR", sqlState, message, detail, hint);
    }

    static Problem fatal(String sqlState, String message, String detail, String hint) {
        return new Problem("FATAL", sqlState, message, detail, hint);
    }

    Problem asFatal() {
        return new Problem("FATAL", sqlState, message, detail, hint);
    }
}
