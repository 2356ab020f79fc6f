package io.understudy.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The guard's process: {@code GuardMain <socket> [<idle seconds>]}. It ends by itself when for the idle time (default five minutes) it had neither a
 * client nor a server; when a client asks; and on SIGTERM, SIGINT or SIGHUP, after killing the server.
 */
public final class GuardMain {
    /** Exit status: asked to end, or idle. */
    public static final int ENDED = 0;

    /** Exit status: the arguments are wrong. */
    public static final int BAD_USAGE = 2;

    /** Exit status: another guard serves this socket. */
    public static final int SOCKET_HELD = 3;

    /** Exit status: the socket or the machine is not fit; the message says why. */
    public static final int UNFIT = 4;

    /** Exit status: an error in the guard; it killed the server before it ended. */
    public static final int FAILED = 5;

    private static final Duration DEFAULT_IDLE = Duration.ofMinutes(5);

    private GuardMain() {}

    /** See the class. */
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: GuardMain <socket> [<idle seconds>]");
            System.exit(BAD_USAGE);
        }
        int status = run(Path.of(arguments[0]), arguments.length == 1 ? DEFAULT_IDLE : seconds(arguments[1]));
        System.exit(status);
    }

    private static Duration seconds(String text) {
        try {
            return Duration.ofSeconds(Long.parseLong(text));
        } catch (NumberFormatException notANumber) {
            System.err.println("The idle time must be a number of seconds, found: " + text);
            System.exit(BAD_USAGE);
            throw notANumber;
        }
    }

    private static int run(Path socket, Duration idle) {
        Libc libc = new Libc();
        // A process that leads its group already cannot lead a new session, and does not need one to be separate.
        libc.newSession();
        try (GuardSocket listening = GuardSocket.open(socket)) {
            GuardLoop loop = new GuardLoop(libc, listening, idle);
            Runtime.getRuntime().addShutdownHook(new Thread(loop::terminate, "terminate"));
            loop.prepare();
            return loop.run();
        } catch (GuardSocket.HeldException held) {
            System.err.println(held.getMessage());
            return SOCKET_HELD;
        } catch (IOException unfit) {
            System.err.println(unfit.getMessage());
            return UNFIT;
        }
    }
}
