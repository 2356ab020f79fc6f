package io.understudy.cli;

/** This machine, or what was configured for it, lacks something that was asked for. The message says what and what to do. */
public final class UnusableMachineException extends Exception {

    private static final long serialVersionUID = 1;

    public UnusableMachineException(String message) {
        super(message);
    }

    public UnusableMachineException(String message, Throwable cause) {
        super(message, cause);
    }
}
