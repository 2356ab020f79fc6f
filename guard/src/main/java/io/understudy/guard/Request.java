package io.understudy.guard;

/** What a client may ask a guard for. */
sealed interface Request {
    /** Comes first on every connection. */
    record Hello(int version) implements Request {}

    record Start(ServerCommand command) implements Request {}

    record Signal(ServerSignal signal) implements Request {}

    record SignalChild(long pid, ChildSignal signal) implements Request {}

    record Kill() implements Request {}

    record Arm(long epoch, long deadlineNanos) implements Request {}

    record Extend(long epoch, long deadlineNanos) implements Request {}

    record Shorten(long epoch, long deadlineNanos) implements Request {}

    record Disarm(long epoch) implements Request {}

    record Status() implements Request {}

    record Exit() implements Request {}
}
