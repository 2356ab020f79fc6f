package io.understudy.guard;

/** What a guard tells every connected client by itself. */
public sealed interface GuardEvent {
    /** The server's first process ended; others may remain and are being killed. */
    record ServerExited(long pid, ServerExit exit) implements GuardEvent {}

    /** No process of the server is left: it may be started again, and resigning is honest. */
    record AllGone(long pid, ServerExit exit) implements GuardEvent {}

    /** A deadline passed and every process of the server had its SIGKILL; {@link AllGone} follows. */
    record Fenced(Fence fence) implements GuardEvent {}
}
