package io.understudy.guard;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Starts a guard as a process of its own: its own session, no open files of this one, standard streams on a log file, so that neither this
 * process's end nor a signal to its group or terminal reaches it.
 *
 * @param javaExecutable the JVM to run it with
 * @param classPath where {@link GuardMain} is found
 * @param socket where it listens; the directory is created for this user alone
 * @param logFile receives what it says, appended
 * @param jvmOptions the JVM's options, {@link #SMALL_JVM} as a rule
 */
public record GuardLauncher(Path javaExecutable, String classPath, Path socket, Path logFile, List<String> jvmOptions) {
    /**
     * Options under which the guard stays small. It works for microseconds at a time, so the interpreter is enough and saves the compilers' memory;
     * the shared archive is mapped where it was made for, because moving it would copy all of it; method handles are left as they are, because
     * remaking them after 127 calls allocates 200 kB, perhaps in the middle of killing.
     */
    public static final List<String> SMALL_JVM = List.of(
            "-Xint",
            "-Xms2m",
            "-Xmx8m",
            "-Xss256k",
            "-XX:+UseSerialGC",
            "-XX:MaxMetaspaceSize=32m",
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism",
            "-Xshare:auto",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:ArchiveRelocationMode=0",
            "-Djava.lang.invoke.MethodHandle.CUSTOMIZE_THRESHOLD=-1",
            "--enable-native-access=ALL-UNNAMED");

    private static final Duration POLL = Duration.ofMillis(5);
    private static final int LOG_TAIL_BYTES = 2048;

    /** Copies the options and makes the paths absolute. */
    public GuardLauncher {
        socket = socket.toAbsolutePath();
        logFile = logFile.toAbsolutePath();
        jvmOptions = List.copyOf(jvmOptions);
    }

    /** A launcher that uses this process's own JVM and the place this class was loaded from. */
    public static GuardLauncher likeThisProcess(Path socket, Path logFile) {
        try {
            Path classes = Path.of(GuardLauncher.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            return new GuardLauncher(java, classes.toString(), socket, logFile, SMALL_JVM);
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException("the place this class was loaded from is no path", impossible);
        }
    }

    /**
     * Connects to the guard on the socket if one is there, and starts one otherwise. {@link GuardClient#status} tells which it was.
     *
     * @param patience how long a new guard may take until it answers; then also the patience of the client
     */
    public GuardClient connectOrLaunch(GuardListener listener, Duration patience) throws IOException {
        try {
            return GuardClient.connect(socket, listener, patience);
        } catch (IOException nobody) {
            return launch(listener, patience);
        }
    }

    /**
     * Starts a guard and connects to it. When another guard holds the socket the new one ends at once and the client is connected to the
     * other.
     *
     * @throws IOException when no guard answers in time; the message ends with the last lines of the log file
     */
    public GuardClient launch(GuardListener listener, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        List<String> command = new ArrayList<>();
        command.add(javaExecutable.toString());
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", absolute(classPath), GuardMain.class.getName(), socket.toString()));
        Process process = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()))
                .start();
        while (true) {
            // Asked before connecting: one that gave way to another guard ends, and the other one may still be
            // starting.
            boolean failed = !process.isAlive() && process.exitValue() != GuardMain.SOCKET_HELD;
            boolean over = failed || System.nanoTime() - deadline >= 0;
            try {
                GuardClient client = GuardClient.connect(socket, listener, patience);
                if (client.guardPid() != process.pid()) {
                    // It would find the socket held, but perhaps only after the other guard ended.
                    process.destroyForcibly();
                }
                return client;
            } catch (IOException notYet) {
                if (over) {
                    process.destroyForcibly();
                    throw new IOException(
                            "No guard answers on " + socket + " (pid " + process.pid() + (failed ? ", ended" : "")
                                    + "); the end of " + logFile + ": " + logTail(),
                            notYet);
                }
            }
            LockSupport.parkNanos(POLL.toNanos());
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted while waiting for the guard to start");
            }
        }
    }

    private static String absolute(String classPath) {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private String logTail() throws IOException {
        String log = Files.readString(logFile, java.nio.charset.StandardCharsets.ISO_8859_1);
        return log.substring(Math.max(0, log.length() - LOG_TAIL_BYTES)).strip();
    }
}
