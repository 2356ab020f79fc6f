package io.understudy.guard;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts a process as this one's own child with posix_spawn(3): in its own session, with default signal handlers and an empty mask (a JVM's
 * threads block SIGQUIT), no inherited files, its output in a file. A JDK process is no use here, for the JDK would reap it. Must always be called
 * by the same thread, one that lives as long as the guard: the child is killed when that thread ends (PR_SET_PDEATHSIG).
 */
final class Spawner {
    /**
     * What runs first in the new process. It takes back the guard's protection from the OOM killer, changes the directory and the user, asks to
     * be killed when the guard dies, and becomes the command, so that the pid is the command's.
     */
    private static final String PRELUDE = """
            { echo 0 > /proc/self/oom_score_adj; } 2>/dev/null
            cd "$1" || exit 126
            user=$2
            shift 2
            if [ -n "$user" ]; then
              group=$(id -g -- "$user") || exit 126
              exec setpriv --reuid="$user" --regid="$group" --init-groups --pdeathsig KILL -- "$@"
            elif setpriv --pdeathsig KILL -- true 2>/dev/null; then
              exec setpriv --pdeathsig KILL -- "$@"
            else
              exec "$@"
            fi
            """;

    private static final int POSIX_SPAWN_SETSIGDEF = 0x04;
    private static final int POSIX_SPAWN_SETSIGMASK = 0x08;
    private static final int POSIX_SPAWN_SETSID = 0x80;
    /** More than any libc's posix_spawnattr_t, posix_spawn_file_actions_t or sigset_t. */
    private static final long STRUCT_BYTES = 1024;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SPAWN = bind("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle ATTRIBUTES_INIT = bind("posix_spawnattr_init", ADDRESS);
    private static final MethodHandle SET_FLAGS = bind("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
    private static final MethodHandle SET_MASK = bind("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
    private static final MethodHandle SET_DEFAULTS = bind("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
    private static final MethodHandle ACTIONS_INIT = bind("posix_spawn_file_actions_init", ADDRESS);
    private static final MethodHandle ADD_OPEN =
            bind("posix_spawn_file_actions_addopen", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle ADD_DUP2 = bind("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle SIG_EMPTY = bind("sigemptyset", ADDRESS);
    private static final MethodHandle SIG_FILL = bind("sigfillset", ADDRESS);
    private static final MethodHandle SIG_DELETE = bind("sigdelset", ADDRESS, JAVA_INT);

    private final Libc libc;

    Spawner(Libc libc) {
        this.libc = libc;
    }

    private static MethodHandle bind(String name, java.lang.foreign.MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
    }

    /** A command that was not started. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        final transient Refusal refusal;

        RefusedException(Refusal refusal, String message) {
            super(message);
            this.refusal = refusal;
        }
    }

    /** Starts it. @return its pid */
    int spawn(ServerCommand command) throws RefusedException {
        check(command);
        try (Arena arena = Arena.ofConfined()) {
            int log = openLog(command, arena);
            try {
                closeFilesOnExec();
                return spawn(command, log, arena);
            } finally {
                libc.close(log);
            }
        }
    }

    private void check(ServerCommand command) throws RefusedException {
        Path program = Path.of(command.arguments().getFirst());
        if (!program.isAbsolute() || !Files.isExecutable(program)) {
            throw new RefusedException(
                    Refusal.BAD_COMMAND, "The program " + program + " is not the absolute path of an executable file");
        }
        if (!Files.isDirectory(command.workingDirectory())) {
            throw new RefusedException(
                    Refusal.BAD_COMMAND, "The working directory " + command.workingDirectory() + " is not a directory");
        }
        if (command.user() != null && libc.effectiveUser() != 0) {
            throw new RefusedException(
                    Refusal.BAD_COMMAND,
                    "The guard runs as user id " + libc.effectiveUser() + " and cannot start a server as "
                            + command.user() + ": give no user, or run the guard as root");
        }
    }

    private int openLog(ServerCommand command, Arena arena) throws RefusedException {
        MemorySegment path = arena.allocateFrom(command.logFile().toString());
        int log = libc.openOrSayWhy(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_CLOEXEC, 0600);
        if (log < 0) {
            throw new RefusedException(
                    Refusal.BAD_COMMAND,
                    "The log file " + command.logFile() + " cannot be opened for writing (error number " + libc.errno()
                            + ")");
        }
        return log;
    }

    /** Not every file a JVM opens is marked, and a server holding the guard's sockets or lock would outlive it with them. */
    private void closeFilesOnExec() throws RefusedException {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path entry : open) {
                int descriptor = Integer.parseInt(entry.getFileName().toString());
                if (descriptor > 2) {
                    libc.closeOnExec(descriptor);
                }
            }
        } catch (IOException unreadable) {
            throw new RefusedException(
                    Refusal.START_FAILED, "The guard's own open files cannot be listed: " + unreadable.getMessage());
        }
    }

    private int spawn(ServerCommand command, int log, Arena arena) throws RefusedException {
        MemorySegment pid = arena.allocate(JAVA_INT);
        List<String> arguments = new ArrayList<>(List.of("sh", "-c", PRELUDE, "understudy-guard"));
        arguments.add(command.workingDirectory().toString());
        arguments.add(command.user() == null ? "" : command.user());
        arguments.addAll(command.arguments());
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.putAll(command.environment());
        List<String> environment = new ArrayList<>();
        variables.forEach((name, value) -> environment.add(name + "=" + value));
        int error;
        try {
            MemorySegment shell = arena.allocateFrom("/bin/sh");
            MemorySegment actions = fileActions(log, arena);
            MemorySegment attributes = attributes(arena);
            error = (int) SPAWN.invokeExact(
                    pid, shell, actions, attributes, strings(arguments, arena), strings(environment, arena));
        } catch (Throwable thrown) {
            throw new AssertionError("a libc call cannot throw", thrown);
        }
        if (error != 0) {
            throw new RefusedException(Refusal.START_FAILED, "posix_spawn failed with error number " + error);
        }
        return pid.get(JAVA_INT, 0);
    }

    @SuppressWarnings("UnusedVariable") // invokeExact needs each result's type.
    private static MemorySegment fileActions(int log, Arena arena) throws Throwable {
        MemorySegment actions = arena.allocate(STRUCT_BYTES, 16);
        int ok = (int) ACTIONS_INIT.invokeExact(actions);
        ok = (int) ADD_OPEN.invokeExact(actions, 0, arena.allocateFrom("/dev/null"), Libc.O_RDONLY, 0);
        ok = (int) ADD_DUP2.invokeExact(actions, log, 1);
        ok = (int) ADD_DUP2.invokeExact(actions, log, 2);
        return actions;
    }

    @SuppressWarnings("UnusedVariable") // invokeExact needs each result's type.
    private static MemorySegment attributes(Arena arena) throws Throwable {
        MemorySegment attributes = arena.allocate(STRUCT_BYTES, 16);
        MemorySegment signals = arena.allocate(STRUCT_BYTES, 16);
        int ok = (int) ATTRIBUTES_INIT.invokeExact(attributes);
        ok = (int) SIG_EMPTY.invokeExact(signals);
        ok = (int) SET_MASK.invokeExact(attributes, signals);
        ok = (int) SIG_FILL.invokeExact(signals);
        ok = (int) SIG_DELETE.invokeExact(signals, Libc.SIGKILL);
        ok = (int) SIG_DELETE.invokeExact(signals, Libc.SIGSTOP);
        ok = (int) SET_DEFAULTS.invokeExact(attributes, signals);
        short flags = (short) (POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
        ok = (int) SET_FLAGS.invokeExact(attributes, flags);
        return attributes;
    }

    private static MemorySegment strings(List<String> values, Arena arena) {
        MemorySegment array = arena.allocate(ADDRESS, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(values.get(i)));
        }
        return array;
    }
}
