package io.understudy.agent;

import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that takes turns, pausing between them as each turn says, until it is closed. */
final class Repeating implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Repeating.class);

    /** Exit status of an agent that ended itself because it could not go on. */
    static final int HALTED = 70;

    /** After a turn that broke. */
    static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(250);

    /** A turn that does not end on an interrupt is left behind after this long. */
    static final Duration LONGEST_STOP = Duration.ofSeconds(5);

    /** One turn; returns how long to pause. */
    interface Turn {
        Duration take() throws InterruptedException;
    }

    private final Turn turn;
    private final Wake wake;
    private final Consumer<RuntimeException> broken;
    private final Thread thread;
    private volatile boolean closing;

    Repeating(String name, Turn turn, Wake wake, Consumer<RuntimeException> broken) {
        this.turn = turn;
        this.wake = wake;
        this.broken = broken;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!closing) {
                Duration pause;
                try {
                    pause = turn.take();
                } catch (RuntimeException failure) {
                    broken.accept(failure);
                    pause = PAUSE_AFTER_FAILURE;
                } catch (Error fatal) {
                    // Without this loop the others would go on telling what it saw last.
                    log.error("The loop {} ended for good; this agent ends with it", thread.getName(), fatal);
                    Runtime.getRuntime().halt(HALTED);
                    return;
                }
                wake.await(pause);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Interrupts the turn under way and waits for its end, for a bounded time. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(LONGEST_STOP);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
