package io.understudy.engines.postgres;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.guard.ChildSignal;
import io.understudy.guard.GuardClient;
import io.understudy.guard.GuardEvent;
import io.understudy.guard.GuardLauncher;
import io.understudy.guard.GuardListener;
import io.understudy.guard.GuardRefusedException;
import io.understudy.guard.GuardStatus;
import io.understudy.guard.ServerCommand;
import io.understudy.guard.ServerSignal;
import io.understudy.guard.ServerState;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The server's processes, always started by the guard and children of it. Connects again when the guard's connection was
 * lost, and starts another guard when there is none. Any thread.
 */
final class GuardedServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration LAUNCH_PATIENCE = Duration.ofSeconds(10);
    private static final Duration GONE_PATIENCE = Duration.ofSeconds(5);
    private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

    private final GuardLauncher launcher;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable GuardClient client;
    private volatile Runnable wake = () -> {};

    GuardedServer(GuardLauncher launcher) {
        this.launcher = launcher;
    }

    void onChange(Runnable next) {
        wake = next;
    }

    GuardStatus status() throws IOException {
        return client().status();
    }

    void start(ServerCommand command) throws IOException {
        client().start(command);
    }

    void signal(ServerSignal signal) throws IOException {
        client().signal(signal);
    }

    /** Ends one process of the server in order; one that is gone already is as good. */
    void terminateChild(long pid) throws IOException {
        try {
            client().signalChild(pid, ChildSignal.TERMINATE);
        } catch (GuardRefusedException gone) {
            if (Leftovers.state(pid).isPresent()) {
                throw gone;
            }
        }
    }

    /** Kills every process of the server and waits until none is left. */
    void kill() throws IOException, InterruptedException {
        client().kill();
        if (!awaitGone(GONE_PATIENCE)) {
            throw new IOException(
                    "Processes of the server are left " + GONE_PATIENCE.toSeconds()
                            + " s after SIGKILL. Do they wait for a dead disk? They end once it answers or the machine restarts.");
        }
    }

    /** Waits until no process of the server is left. */
    boolean awaitGone(Duration longest) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        lock.lockInterruptibly();
        try {
            while (!client().status().server().absent()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                // The event is what ends the wait; the poll is for the event that came before this wait began.
                changed.awaitNanos(Math.min(left, POLL_NANOS));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    Optional<Lease> lease(GuardStatus status) {
        GuardStatus.Arming armed = status.armed();
        return armed == null
                ? Optional.empty()
                : Optional.of(new Lease(new Epoch(armed.epoch()), armed.deadlineNanos() - System.nanoTime() > 0));
    }

    /** Sets or moves the deadline; false when the guard refuses. */
    boolean extend(Epoch epoch, MonotonicTime until) {
        try {
            client().arm(epoch.number(), until.nanos());
            return true;
        } catch (IOException refusedOrLost) {
            // Either way nobody may rely on it: the caller resigns or tries its next renewal.
            return false;
        }
    }

    /** Removes whatever deadline is set; only while no process of the server is left. */
    void disarm() throws IOException {
        GuardStatus status = status();
        GuardStatus.Arming armed = status.armed();
        if (armed == null) {
            return;
        }
        if (!status.server().absent()) {
            throw new IOException("The guard is not disarmed while a server lives: found " + status.server()
                    + ", expected none. Kill the server first.");
        }
        try {
            client().disarm(armed.epoch());
        } catch (GuardRefusedException passedMeanwhile) {
            if (status().armed() != null) {
                throw passedMeanwhile;
            }
        }
    }

    Optional<Long> runningPid(GuardStatus status) {
        return switch (status.server()) {
            case ServerState.Running running -> Optional.of(running.pid());
            case ServerState.Stopping stopping -> Optional.of(stopping.pid());
            case ServerState.Gone _, ServerState.NeverStarted _ -> Optional.empty();
        };
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (client != null) {
                client.close();
                client = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private GuardClient client() throws IOException {
        lock.lock();
        try {
            GuardClient current = client;
            if (current != null && current.connected()) {
                return current;
            }
            client = null;
            GuardClient next;
            try {
                next = GuardClient.connect(launcher.socket(), new Events(), PATIENCE);
            } catch (IOException nobody) {
                next = launcher.launch(new Events(), LAUNCH_PATIENCE);
            }
            client = next;
            return next;
        } finally {
            lock.unlock();
        }
    }

    private final class Events implements GuardListener {
        @Override
        public void onEvent(GuardEvent event) {
            tell();
        }

        @Override
        public void onDisconnected(String reason) {
            tell();
        }

        private void tell() {
            // On its own thread: the reader's thread must return soon, and the lock may be held across a request of
            // its.
            Thread.ofVirtual().name("guard-event").start(() -> {
                lock.lock();
                try {
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
                wake.run();
            });
        }
    }
}
