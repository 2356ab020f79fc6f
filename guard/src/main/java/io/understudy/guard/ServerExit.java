package io.understudy.guard;

/** How the server's first process ended. */
public sealed interface ServerExit {
    /** It returned. @param status 0 to 255; 126 and 127 mean that it could not be started, the log file says why */
    record Returned(int status) implements ServerExit {}

    /** A signal ended it. @param signal its number, 9 after a fence */
    record Signalled(int signal) implements ServerExit {}

    /** Reads the status word of wait(2). */
    static ServerExit ofWaitStatus(int status) {
        int signal = status & 0x7f;
        return signal == 0 ? new Returned((status >> 8) & 0xff) : new Signalled(signal);
    }
}
