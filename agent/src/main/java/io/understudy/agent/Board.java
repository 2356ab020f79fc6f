package io.understudy.agent;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * What this agent last knew, for every thread to read without waiting for anybody. The loop writes the picture, and
 * the lease that a Grant brings; the reporter writes every later lease and how the ledger answered. A restart loses all of it.
 */
final class Board {

    /** This node's lease, as the guard took it. */
    record Lease(Epoch epoch, MonotonicTime until) {}

    /** @param problem why the ledger did not answer last, empty when it did */
    record Contact(Optional<MonotonicTime> lastAnswer, Optional<String> problem) {}

    private final Supplier<MonotonicTime> clock;
    private volatile Runnable changed = () -> {};
    private final AtomicReference<Optional<Picture>> picture = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Optional<Lease>> lease = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Contact> contact =
            new AtomicReference<>(new Contact(Optional.empty(), Optional.of("no report was answered yet")));

    Board(Supplier<MonotonicTime> clock) {
        this.clock = clock;
    }

    MonotonicTime now() {
        return clock.get();
    }

    /** Calls {@code listener} after every new picture and lease; before anybody writes here. */
    void onChange(Runnable listener) {
        changed = listener;
    }

    void show(Picture next) {
        picture.set(Optional.of(next));
        changed.run();
    }

    Optional<Picture> picture() {
        return picture.get();
    }

    /** @return the contact before */
    Contact answered(MonotonicTime at) {
        return contact.getAndSet(new Contact(Optional.of(at), Optional.empty()));
    }

    /** @return the contact before */
    Contact unanswered(String problem) {
        return contact.getAndUpdate(before -> new Contact(before.lastAnswer(), Optional.of(problem)));
    }

    Contact contact() {
        return contact.get();
    }

    void extended(Lease next) {
        lease.set(Optional.of(next));
        changed.run();
    }

    Optional<Lease> lease() {
        return lease.get();
    }

    /** What is left of the lease for {@code epoch}; zero when it is over or was never held. */
    Duration leaseLeft(Epoch epoch) {
        return lease.get()
                .filter(held -> held.epoch().equals(epoch))
                .map(held -> held.until().since(now()))
                .filter(Duration::isPositive)
                .orElse(Duration.ZERO);
    }
}
