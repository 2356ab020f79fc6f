package io.understudy.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What a listener was told, in order. */
final class Told implements Consumer<Topology> {

    private static final long PATIENCE_SECONDS = 20;

    private final BlockingQueue<Topology> news = new LinkedBlockingQueue<>();

    @Override
    public void accept(Topology topology) {
        news.add(topology);
    }

    /** The next change is this one. */
    void next(Topology expected) throws InterruptedException {
        assertThat(news.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(expected);
    }

    /** Changes may come before this one; returns them. */
    List<Topology> until(Topology expected) throws InterruptedException {
        List<Topology> before = new ArrayList<>();
        while (true) {
            Topology next = news.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(next).as("after " + before).isNotNull();
            if (expected.equals(next)) {
                return before;
            }
            before.add(next);
        }
    }

    /** Whatever was told and not asked for yet. */
    List<Topology> rest() {
        List<Topology> rest = new ArrayList<>();
        news.drainTo(rest);
        return rest;
    }
}
