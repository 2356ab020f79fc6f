package io.understudy.cli;

import picocli.CommandLine.Option;

/** How long a verb waits for what it asked for: {@code --timeout}. */
final class Patience {

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long to wait for the result (default: ${DEFAULT-VALUE}).")
    private long seconds = 60;

    long seconds() {
        return seconds;
    }
}
