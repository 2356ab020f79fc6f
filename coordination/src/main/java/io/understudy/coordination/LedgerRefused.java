package io.understudy.coordination;

/** The ledger did not take a request; nothing was changed. The message says what it met and what it expected. */
public final class LedgerRefused extends RuntimeException {

    private static final long serialVersionUID = 1;

    LedgerRefused(String message) {
        super(message);
    }
}
