package io.understudy.router.admin;

/** What an operator may say. */
sealed interface Command {
    /** Tells something. */
    record Show(Subject subject) implements Command {}

    record Pause(Scope scope) implements Command {}

    record Resume(Scope scope) implements Command {}

    record Reconnect(Scope scope) implements Command {}

    record Reload() implements Command {}

    /**
     * What drivers say by themselves when they connect or begin: nothing is done.
     *
     * @param tag of the answer
     */
    record Ignored(String tag) implements Command {}

    /** What {@code SHOW} is about. */
    enum Subject {
        POOLS,
        CLIENTS,
        SERVERS,
        STATS,
        PINS,
        CONFIG,
        VERSION,
        HELP
    }

    /** As the answer names it. */
    default String tag() {
        return switch (this) {
            case Show _ -> "SHOW";
            case Pause _ -> "PAUSE";
            case Resume _ -> "RESUME";
            case Reconnect _ -> "RECONNECT";
            case Reload _ -> "RELOAD";
            case Ignored(String tag) -> tag;
        };
    }
}
