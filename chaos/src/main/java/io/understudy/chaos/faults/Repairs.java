package io.understudy.chaos.faults;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.cli.UnusableMachineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What has been caused and not yet been repaired. Whoever waits, waits here, so that each repair is made when it is due. */
public final class Repairs {

    /** What is looked for may be a process, and that means looking at all of the machine's. */
    private static final Duration LOOK = Duration.ofMillis(50);

    /**
     * A fault from its cause to its repair.
     *
     * @param fault which
     * @param caused what it did
     * @param fromNanos when it was begun to be caused, {@link System#nanoTime}
     * @param untilNanos when it is due to be repaired, or was
     */
    public record Lasting(Fault fault, Caused caused, long fromNanos, long untilNanos) {}

    private final List<Lasting> pending = new ArrayList<>();
    private final List<Lasting> made = new ArrayList<>();

    /** Repairs it when its time has come, counted from now. */
    public void add(Fault fault, Caused caused, long fromNanos) {
        pending.add(new Lasting(
                fault, caused, fromNanos, System.nanoTime() + caused.lasts().toNanos()));
    }

    /** Waits for {@code time}. */
    public void sleep(Duration time) throws InterruptedException, UnusableMachineException {
        await(time, () -> false);
    }

    /** Looks again and again until {@code condition} holds; returns false when it does not within {@code patience}. */
    public boolean await(Duration patience, BooleanSupplier condition)
            throws InterruptedException, UnusableMachineException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            makeDue();
            if (condition.getAsBoolean()) {
                return true;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(Math.min(LOOK.toNanos(), left));
        }
    }

    /** Waits until each has been made. */
    public void awaitAll() throws InterruptedException, UnusableMachineException {
        while (!pending.isEmpty()) {
            makeDue();
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    /** Makes all now, as far as they can be made, and returns what went wrong. */
    public List<String> abandon() throws InterruptedException, UnusableMachineException {
        List<String> failures = new ArrayList<>();
        while (!pending.isEmpty()) {
            try {
                make(pending.getFirst());
            } catch (RuntimeException failed) {
                failures.add(String.valueOf(failed.getMessage()));
            }
        }
        return failures;
    }

    /** What was repaired since this was asked last, in order. */
    public List<Lasting> takeMade() {
        List<Lasting> taken = List.copyOf(made);
        made.clear();
        return taken;
    }

    private void makeDue() throws InterruptedException, UnusableMachineException {
        Optional<Lasting> next = next();
        while (next.isPresent() && next.get().untilNanos() - System.nanoTime() <= 0) {
            make(next.get());
            next = next();
        }
    }

    private Optional<Lasting> next() {
        return pending.stream().min(Comparator.comparingLong(Lasting::untilNanos));
    }

    private void make(Lasting lasting) throws InterruptedException, UnusableMachineException {
        // One that fails is not tried again: it ends the run.
        pending.remove(lasting);
        try {
            lasting.caused().repair().run();
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "The repair of " + lasting.fault().name() + " failed: " + failed.getMessage(), failed);
        }
        made.add(new Lasting(lasting.fault(), lasting.caused(), lasting.fromNanos(), System.nanoTime()));
    }
}
