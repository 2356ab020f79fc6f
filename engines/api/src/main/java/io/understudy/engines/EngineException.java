package io.understudy.engines;

/** A step that could not be finished. The message names what was found, what was expected and what to do next. */
public final class EngineException extends Exception {

    /** How a message says that a disk is full; the file or directory follows, and how much is free there. */
    public static final String NO_SPACE = "No space left for ";

    private static final long serialVersionUID = 1;

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }
}
