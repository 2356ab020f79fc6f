package io.understudy.guard;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to start the server.
 *
 * @param arguments the program (an absolute path) and its arguments; it must stay in the foreground
 * @param workingDirectory where it runs
 * @param logFile receives its standard output and error, appended; created with mode 0600 when absent
 * @param user the operating system user to run as, only possible for a guard that is root; null to run as the guard's own
 * @param environment variables added to, or replacing, the guard's own
 */
public record ServerCommand(
        List<String> arguments,
        Path workingDirectory,
        Path logFile,
        @Nullable String user,
        Map<String, String> environment) {
    /** Copies the collections and makes the paths absolute. */
    public ServerCommand {
        arguments = List.copyOf(arguments);
        workingDirectory = workingDirectory.toAbsolutePath();
        logFile = logFile.toAbsolutePath();
        environment = Map.copyOf(environment);
        requireNoZero(arguments);
        requireNoZero(environment.keySet());
        requireNoZero(environment.values());
        if (environment.keySet().stream().anyMatch(name -> name.isEmpty() || name.indexOf('=') >= 0)) {
            throw new IllegalArgumentException(
                    "An environment variable's name is empty or holds '=': " + environment.keySet());
        }
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException("A server command needs at least the program to run, found none");
        }
    }

    private static void requireNoZero(Collection<String> texts) {
        if (texts.stream().anyMatch(text -> text.indexOf('\0') >= 0)) {
            throw new IllegalArgumentException("A server command cannot hold a zero character, found one in " + texts);
        }
    }

    /** The command, run as the guard's own user with the guard's environment. */
    public static ServerCommand of(List<String> arguments, Path workingDirectory, Path logFile) {
        return new ServerCommand(arguments, workingDirectory, logFile, null, Map.of());
    }

    /** The same, run as this user. */
    public ServerCommand asUser(String name) {
        return new ServerCommand(arguments, workingDirectory, logFile, name, environment);
    }

    /** The same with these variables instead. */
    public ServerCommand withEnvironment(Map<String, String> variables) {
        return new ServerCommand(arguments, workingDirectory, logFile, user, variables);
    }
}
