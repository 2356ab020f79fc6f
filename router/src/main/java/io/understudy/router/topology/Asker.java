package io.understudy.router.topology;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one node for news, on a thread of its own, for as long as it runs. */
final class Asker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Asker.class);

    private final NodeVoice voice;
    private final Pace pace;
    private final Consumer<NodeWord> listener;
    private final Thread thread;
    private int failures;
    private volatile Optional<NodeId> answering = Optional.empty();

    /** Asks {@code voice}; {@code listener} is called with every word, on the asking thread. */
    Asker(NodeVoice voice, Pace pace, Consumer<NodeWord> listener) {
        this.voice = voice;
        this.pace = pace;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("asks-" + voice).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Which node answers; empty while none does. */
    Optional<NodeId> answering() {
        return answering;
    }

    private void run() {
        Optional<NodeWord> last = Optional.empty();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                last = ask(last);
                if (failures > 0) {
                    pace.pause(failures);
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** One question; empty when it was not answered. */
    private Optional<NodeWord> ask(Optional<NodeWord> last) throws InterruptedException {
        try {
            Duration longest = pace.longestWait();
            long asked = System.nanoTime();
            NodeWord word = last.isEmpty() ? voice.now() : voice.news(last.get().primaryOf(), longest);
            boolean early = last.equals(Optional.of(word)) && System.nanoTime() - asked < longest.toNanos() / 2;
            // Whoever answers at once that there is no news is not asked without end.
            failures = early ? failures + 1 : 0;
            if (answering.isEmpty()) {
                log.info("Node {} answers as {}", word.node(), voice);
            }
            answering = Optional.of(word.node());
            listener.accept(word);
            return Optional.of(word);
        } catch (IOException silent) {
            if (failures == 0) {
                log.info("No answer from {}; it is asked again: {}", voice, silent.toString());
            }
            answering = Optional.empty();
            failures++;
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
