package io.understudy.engines.postgres.quarantine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The server process of an opened copy. */
public interface KeptServer extends AutoCloseable {

    /** Starts a server: through the guard, or as a plain child. */
    @FunctionalInterface
    interface Starter {
        /**
         * Returns as soon as the process exists.
         *
         * @throws IOException when it could not be started
         */
        KeptServer start(Launch launch) throws IOException;
    }

    /**
     * What to start.
     *
     * @param command the program and its arguments; to be run as the user to whom the data belongs
     * @param workingDirectory that this user can enter
     * @param log to which its output is appended
     */
    record Launch(List<String> command, Path workingDirectory, Path log) {
        public Launch {
            command = List.copyOf(command);
        }
    }

    /** Whether its first process is still there. */
    boolean isAlive();

    /** Stops it and returns when no process of it is left. May be repeated. */
    @Override
    void close() throws IOException;
}
