package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a guard reported, in order. */
final class RecordedEvents implements GuardListener {
    private final BlockingQueue<Object> unread = new LinkedBlockingQueue<>();
    private final List<Object> all = new CopyOnWriteArrayList<>();

    @Override
    public void onEvent(GuardEvent event) {
        all.add(event);
        unread.add(event);
    }

    @Override
    public void onDisconnected(String reason) {
        all.add(reason);
        unread.add(reason);
    }

    /** The next event, which must be of this kind. */
    <E> E next(Class<E> kind) throws InterruptedException {
        Object event = unread.poll(RunningGuard.PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        assertThat(event).as("the next event; all so far: " + all).isInstanceOf(kind);
        return kind.cast(event);
    }

    /** Whether nothing is reported for so long. */
    boolean quietFor(Duration time) throws InterruptedException {
        return unread.poll(time.toNanos(), TimeUnit.NANOSECONDS) == null;
    }
}
