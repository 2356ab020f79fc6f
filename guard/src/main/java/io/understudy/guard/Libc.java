package io.understudy.guard;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls into libc the guard needs, with every buffer allocated beforehand. An instance belongs to one thread: it owns that thread's copy
 * of {@code errno} and its result buffers. Nothing here throws for an error of the operating system: failing calls return -1. What is needed for
 * killing does not tell why, for having that reported allocates 40 bytes a call (seen on JDK 25); the other calls leave the reason in
 * {@link #errno()}.
 */
final class Libc {
    static final int SIGHUP = 1;
    static final int SIGINT = 2;
    static final int SIGQUIT = 3;
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;
    static final int SIGCONT = 18;
    static final int SIGSTOP = 19;

    static final int EPERM = 1;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int ECHILD = 10;
    static final int ENOSYS = 38;

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_CREAT = 0x40;
    static final int O_APPEND = 0x400;
    static final int O_CLOEXEC = 0x80000;

    private static final int CLOCK_MONOTONIC = 1;
    private static final int CLOCK_BOOTTIME = 7;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;
    private static final int MCL_ONFAULT = 4;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO_HANDLE = Linker.Option.captureStateLayout()
            .varHandle(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle KILL = bindQuietly("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle WAITPID =
            bindQuietly("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle WAITID =
            bind("waitid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle OPEN = bindQuietly(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle READ =
            bindQuietly("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE = bindQuietly("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOCK_GETTIME =
            bindQuietly("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle NANOSLEEP =
            bindQuietly("nanosleep", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle PRCTL = bind(
            "prctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle SETSID = bind("setsid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETEUID = bindQuietly("geteuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETTID = bindQuietly("gettid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle MLOCKALL = bind("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FCNTL = bind(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SYSCALL = bind(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private static final MethodHandle KILL_OR_SAY_WHY =
            bind("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle OPEN_OR_SAY_WHY = bind(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));

    private final MemorySegment errno = Arena.global().allocate(Linker.Option.captureStateLayout());
    private final MemorySegment status = Arena.global().allocate(JAVA_INT);
    private final MemorySegment siginfo = Arena.global().allocate(128, 8);
    private final MemorySegment timespec = Arena.global().allocate(16, 8);

    private static MethodHandle bind(String name, FunctionDescriptor descriptor, Linker.Option... more) {
        Linker.Option[] options = new Linker.Option[more.length + 1];
        options[0] = ERRNO;
        System.arraycopy(more, 0, options, 1, more.length);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    private static MethodHandle bindQuietly(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    private static AssertionError impossible(Throwable thrown) {
        return new AssertionError("a libc call cannot throw", thrown);
    }

    /** The error number of this thread's last failed call, of those that tell. */
    int errno() {
        return (int) ERRNO_HANDLE.get(errno, 0L);
    }

    /** As {@link #kill}, and leaves the reason of a failure in {@link #errno}. */
    int killOrSayWhy(int pid, int signal) {
        try {
            return (int) KILL_OR_SAY_WHY.invokeExact(errno, pid, signal);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** As {@link #open}, and leaves the reason of a failure in {@link #errno}. */
    int openOrSayWhy(MemorySegment path, int flags, int mode) {
        try {
            return (int) OPEN_OR_SAY_WHY.invokeExact(errno, path, flags, mode);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int kill(int pid, int signal) {
        try {
            return (int) KILL.invokeExact(pid, signal);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** Reaps one dead child if there is one: its pid, 0 when none is dead, -1 when there is no child at all (the only way it can fail). */
    int reapAny() {
        try {
            return (int) WAITPID.invokeExact(-1, status, WNOHANG);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** The wait status that the last {@link #reapAny} stored. */
    int waitStatus() {
        return status.get(JAVA_INT, 0);
    }

    /** Blocks until some child is dead, without reaping it; -1 with {@link #ECHILD} when there is no child. */
    int awaitDeadChild() {
        try {
            return (int) WAITID.invokeExact(errno, 0, 0, siginfo, WEXITED | WNOWAIT);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int open(MemorySegment path, int flags, int mode) {
        try {
            return (int) OPEN.invokeExact(path, flags, mode);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    long read(int descriptor, MemorySegment buffer, long length) {
        try {
            return (long) READ.invokeExact(descriptor, buffer, length);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int close(int descriptor) {
        try {
            return (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** CLOCK_MONOTONIC, the clock {@link System#nanoTime} reads on Linux. */
    long monotonicNanos() {
        return clock(CLOCK_MONOTONIC);
    }

    /** CLOCK_BOOTTIME: as the monotonic clock, but it goes on while the machine is suspended. */
    long bootNanos() {
        return clock(CLOCK_BOOTTIME);
    }

    private long clock(int id) {
        try {
            int result = (int) CLOCK_GETTIME.invokeExact(id, timespec);
            if (result != 0) {
                throw new IllegalStateException("clock_gettime failed");
            }
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
        return timespec.get(JAVA_LONG, 0) * 1_000_000_000L + timespec.get(JAVA_LONG, 8);
    }

    /** Sleeps for less than a second; may return early. */
    void sleepNanos(long nanos) {
        timespec.set(JAVA_LONG, 0, 0L);
        timespec.set(JAVA_LONG, 8, nanos);
        try {
            int ignored = (int) NANOSLEEP.invokeExact(timespec, MemorySegment.NULL);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** Makes orphaned descendants this process's children (prctl(2), PR_SET_CHILD_SUBREAPER). */
    int becomeSubreaper() {
        try {
            return (int) PRCTL.invokeExact(errno, PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int newSession() {
        try {
            return (int) SETSID.invokeExact(errno);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int effectiveUser() {
        try {
            return (int) GETEUID.invokeExact();
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int threadId() {
        try {
            return (int) GETTID.invokeExact();
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** Keeps every page that was or will be touched in memory, so that killing never waits for a page to be read back from a disk. */
    int keepTouchedPages() {
        try {
            return (int) MLOCKALL.invokeExact(errno, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int closeOnExec(int descriptor) {
        try {
            return (int) FCNTL.invokeExact(errno, descriptor, F_SETFD, FD_CLOEXEC);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** A descriptor that keeps meaning this very process even after its pid was given to another one (pidfd_open(2), Linux 5.3). */
    int openProcess(int pid) {
        try {
            return (int) (long) SYSCALL.invokeExact(errno, SYS_PIDFD_OPEN, (long) pid, 0L, 0L, 0L);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    int signalProcess(int descriptor, int signal) {
        try {
            return (int)
                    (long) SYSCALL.invokeExact(errno, SYS_PIDFD_SEND_SIGNAL, (long) descriptor, (long) signal, 0L, 0L);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }
}
