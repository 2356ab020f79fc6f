package io.understudy.engines.postgres.files;

import java.io.IOException;

/**
 * A data directory that does not hold what was expected. The message names the file, what was found, what was expected and
 * what to do next.
 */
public final class DataDirectoryException extends IOException {

    private static final long serialVersionUID = 1;

    public DataDirectoryException(String message) {
        super(message);
    }

    public DataDirectoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
