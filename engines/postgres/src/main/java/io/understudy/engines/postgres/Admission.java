package io.understudy.engines.postgres;

import io.understudy.engines.postgres.replication.ReplicationException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the server lets new sessions in, found out by logging in now and then, in the background. What was found out holds
 * until the next log-in has ended: a server that lets nobody in is not taken for one that is well while it is asked again.
 */
final class Admission {

    /** Logs in and out; ends within a bound. */
    interface LogIn {
        void once() throws ReplicationException;
    }

    static final Duration EVERY = Duration.ofSeconds(5);

    /** A moment's refusal must be over before the server is taken for stuck. */
    static final Duration AGAIN = Duration.ofMillis(500);

    private static final Logger log = LoggerFactory.getLogger(Admission.class);

    /** {@code nanos} is the time of the last finding. */
    private record Finding(boolean refused, boolean asking, long nanos) {}

    private final LogIn login;
    private final LongSupplier clock;
    private final Executor background;
    private final AtomicReference<Finding> finding;

    /**
     * @param clock in nanoseconds, as {@link System#nanoTime}
     * @param background may block
     */
    Admission(LogIn login, LongSupplier clock, Executor background) {
        this.login = login;
        this.clock = clock;
        this.background = background;
        this.finding = new AtomicReference<>(new Finding(false, false, clock.getAsLong()));
    }

    /** A session was let in just now, perhaps by another server than before. */
    void letIn() {
        finding.set(new Finding(false, false, clock.getAsLong()));
    }

    /** Whether new sessions are let in, as far as was found out; asks again where it is time. Called by one thread. */
    boolean isOpen() {
        Finding last = finding.get();
        Duration pause = last.refused() ? AGAIN : EVERY;
        if (!last.asking() && clock.getAsLong() - last.nanos() > pause.toNanos()) {
            Finding asking = new Finding(last.refused(), true, last.nanos());
            if (finding.compareAndSet(last, asking)) {
                background.execute(() -> ask(asking));
            }
        }
        return !last.refused();
    }

    private void ask(Finding asking) {
        boolean refused = false;
        try {
            login.once();
        } catch (ReplicationException | RuntimeException failure) {
            refused = true;
            log.warn("No new session was let in: {}", failure.toString());
        }
        // Of no meaning any more if a session was let in meanwhile.
        finding.compareAndSet(asking, new Finding(refused, false, clock.getAsLong()));
    }
}
