package io.understudy.guard;

/** What a guard answers, one for each request. */
sealed interface Reply {
    /** @param nanoTime the guard's monotonic clock while it answered, so that the client can tell that both share one */
    record Welcome(int version, long guardPid, long nanoTime) implements Reply {}

    record Done() implements Reply {}

    record Started(long pid) implements Reply {}

    record StatusIs(GuardStatus status) implements Reply {}

    /** @param message cut so that it fits into a short frame */
    record Refused(Refusal refusal, String message) implements Reply {
        private static final int MAX_MESSAGE = 1000;

        public Refused {
            message = message.substring(0, Math.min(message.length(), MAX_MESSAGE));
        }
    }
}
