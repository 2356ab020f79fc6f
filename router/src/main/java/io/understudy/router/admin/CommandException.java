package io.understudy.router.admin;

/** A command that is not done, as the operator is told. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1;

    private final String sqlState;
    private final String hint;

    CommandException(String sqlState, String message, String hint) {
        super(message);
        this.sqlState = sqlState;
        this.hint = hint;
    }

    static CommandException syntax(String message, String expected) {
        return new CommandException("42601", message, "Expected: " + expected + ".");
    }

    String sqlState() {
        return sqlState;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    /** Empty for none. */
    String hint() {
        return hint;
    }
}
