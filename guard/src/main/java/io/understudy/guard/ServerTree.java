package io.understudy.guard;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one server: its first one (the postmaster, this process's child), that one's children, and those that lost their parent, which
 * the kernel makes this process's children (PR_SET_CHILD_SUBREAPER). Owned by the guard's main thread; a restart of the guard loses all of it,
 * and the kernel kills the postmaster then.
 *
 * <p>Killing goes in passes that allocate nothing: stop the postmaster so that it neither starts processes nor reacts to their end, kill its
 * children until only dead ones are left, kill it, kill what became this process's children, reap. A stopped postmaster reaps nobody and this
 * process reaps only here, so no pid found can belong to another process by the time it is signalled.
 */
final class ServerTree {
    /** After so many passes the postmaster is killed even though a child still hangs in the kernel: that child has its SIGKILL. */
    static final int MAX_PASSES_STOPPED = 200;

    private static final long PASS_PAUSE_NANOS = 500_000;
    private static final int MAX_REAPS = 4 * ProcessTable.MAX_CHILDREN;
    private static final int MAX_ANCESTORS = 64;
    private static final int MAX_PID = 1 << 22;

    private final Libc libc;
    private final ProcessTable table;
    private final Spawner spawner;
    private final int self = (int) ProcessHandle.current().pid();
    private final int thread;

    private int pid;
    private boolean started;
    private boolean gone = true;
    private boolean exited;
    private int waitStatus;
    private boolean stopAsked;
    private boolean killing;
    private boolean postmasterKilled;
    private boolean killed;
    private int passes;

    /** To be created by the thread that owns it. */
    ServerTree(Libc libc) {
        this.libc = libc;
        this.table = new ProcessTable(libc);
        this.spawner = new Spawner(libc);
        this.thread = libc.threadId();
    }

    int start(ServerCommand command) throws Spawner.RefusedException {
        if (!gone) {
            throw new Spawner.RefusedException(
                    Refusal.SERVER_RUNNING,
                    exited
                            ? "Processes of the server that was pid " + pid + " remain: wait until all are gone"
                            : "A server runs as pid " + pid + ": stop it and wait until all its processes are gone");
        }
        pid = spawner.spawn(command);
        started = true;
        gone = false;
        exited = false;
        stopAsked = false;
        killing = false;
        return pid;
    }

    /** As if nothing had been started, once all of it is gone. */
    void forget() {
        started = !gone;
    }

    ServerState state() {
        if (!started) {
            return new ServerState.NeverStarted();
        }
        if (gone) {
            return new ServerState.Gone(pid, ServerExit.ofWaitStatus(waitStatus));
        }
        return exited || killing || stopAsked ? new ServerState.Stopping(pid, exit()) : new ServerState.Running(pid);
    }

    int pid() {
        return pid;
    }

    /** How the postmaster ended; null while it exists, or when there never was one. */
    @Nullable
    ServerExit exit() {
        return exited ? ServerExit.ofWaitStatus(waitStatus) : null;
    }

    boolean gone() {
        return gone;
    }

    boolean killing() {
        return killing;
    }

    /** Whether everything had its SIGKILL and all but the postmaster are dead (or hang in the kernel with it). */
    boolean killed() {
        return killed;
    }

    /** @return null when sent */
    Reply.@Nullable Refused signal(ServerSignal signal) {
        if (gone || exited) {
            return new Reply.Refused(Refusal.NO_SERVER, "There is no server to send " + signal + " to: " + state());
        }
        if (libc.killOrSayWhy(pid, signal.number()) != 0) {
            return new Reply.Refused(
                    Refusal.SIGNAL_FAILED, signal + " to pid " + pid + " failed with error number " + libc.errno());
        }
        stopAsked |= signal.stops();
        return null;
    }

    /** @return null when sent */
    Reply.@Nullable Refused signalChild(long child, ChildSignal signal) {
        int descriptor = child <= 1 || child > MAX_PID ? -1 : libc.openProcess((int) child);
        boolean pinned = descriptor >= 0;
        boolean kernelCannotPin = !pinned && child > 1 && child <= MAX_PID && libc.errno() == Libc.ENOSYS;
        try {
            if (!(pinned || kernelCannotPin) || !descends((int) child)) {
                return new Reply.Refused(
                        Refusal.NOT_A_DESCENDANT, "Process " + child + " is no process below the server: " + state());
            }
            int sent = pinned
                    ? libc.signalProcess(descriptor, signal.number())
                    : libc.killOrSayWhy((int) child, signal.number());
            return sent == 0
                    ? null
                    : new Reply.Refused(
                            Refusal.SIGNAL_FAILED,
                            signal + " to pid " + child + " failed with error number " + libc.errno());
        } finally {
            if (pinned) {
                libc.close(descriptor);
            }
        }
    }

    private boolean descends(int child) {
        int process = child;
        for (int steps = 0; !gone && process > 1 && process != pid && steps < MAX_ANCESTORS; steps++) {
            if (table.state(process) == ProcessTable.ABSENT) {
                return false;
            }
            process = table.parent();
            if (process == pid || process == self) {
                return true;
            }
        }
        return false;
    }

    /** Kills until everything had its SIGKILL, or hangs in the kernel with it. Call {@link #killPass} until {@link #gone} afterwards. */
    void kill() {
        if (gone) {
            return;
        }
        beginKilling();
        killPass();
        while (!killed && !gone) {
            libc.sleepNanos(PASS_PAUSE_NANOS);
            killPass();
        }
    }

    private void beginKilling() {
        if (!killing) {
            killing = true;
            passes = 0;
            postmasterKilled = false;
            killed = false;
        }
    }

    /** One look at the tree, killing what is found. */
    void killPass() {
        passes++;
        if (!exited && !postmasterKilled) {
            libc.kill(pid, Libc.SIGSTOP);
            byte state = table.state(pid);
            boolean stopped = state == 'T' || state == 't' || dead(state);
            int living = killChildren(pid, pid);
            if ((stopped && living == 0) || passes > MAX_PASSES_STOPPED) {
                libc.kill(pid, Libc.SIGKILL);
                postmasterKilled = true;
            }
        }
        int orphans = killOwnChildren();
        if ((exited || postmasterKilled) && (orphans == 0 || passes > MAX_PASSES_STOPPED)) {
            killed = true;
        }
        reap();
    }

    private int killOwnChildren() {
        int living = killChildren(self, self);
        if (thread != self) {
            living += killChildren(self, thread);
        }
        if (passes % MAX_PASSES_STOPPED == 0) {
            // The kernel gives orphans to this process's first thread. Should another one ever get them, they are found
            // here.
            living += killChildrenOfEveryThread();
        }
        return living;
    }

    private int killChildrenOfEveryThread() {
        int living = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path entry : threads) {
                living +=
                        killChildren(self, Integer.parseInt(entry.getFileName().toString()));
            }
        } catch (IOException unreadable) {
            return living;
        }
        return living;
    }

    private int killChildren(int parent, int parentThread) {
        int found = table.look(parent, parentThread);
        // All are killed before any is looked at: looking takes ten times as long.
        for (int i = 0; i < found; i++) {
            if (table.child(i) != pid) {
                libc.kill(table.child(i), Libc.SIGKILL);
            }
        }
        int living = 0;
        for (int i = 0; i < found; i++) {
            if (table.child(i) != pid && !dead(table.state(table.child(i)))) {
                living++;
            }
        }
        return living;
    }

    private static boolean dead(byte state) {
        return state == 'Z' || state == 'X' || state == ProcessTable.ABSENT;
    }

    /** Takes note of every dead child. When the postmaster is among them, what it left behind is killed from now on. */
    void reap() {
        for (int reaped = 0; reaped < MAX_REAPS && !gone; reaped++) {
            int child = libc.reapAny();
            if (child == 0) {
                return;
            }
            if (child < 0) {
                gone = true;
                killing = false;
                return;
            }
            if (child == pid) {
                exited = true;
                waitStatus = libc.waitStatus();
                beginKilling();
            }
        }
    }
}
