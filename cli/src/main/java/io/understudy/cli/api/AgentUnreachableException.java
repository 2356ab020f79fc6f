package io.understudy.cli.api;

import java.io.IOException;

/** No agent answered in time. The message names who was asked and what each attempt met. */
public final class AgentUnreachableException extends IOException {

    private static final long serialVersionUID = 1;

    public AgentUnreachableException(String message) {
        super(message);
    }

    public AgentUnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}
