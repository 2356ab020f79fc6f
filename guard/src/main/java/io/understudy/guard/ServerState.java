package io.understudy.guard;

import org.jspecify.annotations.Nullable;

/** Where the server stands. A server that exited is not gone before the last process it left behind is. */
public sealed interface ServerState {
    /** This guard has not started a server. */
    record NeverStarted() implements ServerState {}

    /** Started and not told to stop. @param pid the server's first process */
    record Running(long pid) implements ServerState {}

    /**
     * Told to stop, being killed, or its first process is gone while others remain.
     *
     * @param pid the server's first process
     * @param exit how that process ended, or null while it exists
     */
    record Stopping(long pid, @Nullable ServerExit exit) implements ServerState {}

    /** No process of the server exists. @param pid what its first process was @param exit how that one ended */
    record Gone(long pid, ServerExit exit) implements ServerState {}

    /** Whether no process of a server exists, so that one can be started. */
    default boolean absent() {
        return this instanceof NeverStarted || this instanceof Gone;
    }
}
