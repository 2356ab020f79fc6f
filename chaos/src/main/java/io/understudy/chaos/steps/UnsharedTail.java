package io.understudy.chaos.steps;

import io.understudy.agent.api.AgentView;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Log that is on a primary's disk and on no other: what its clients send once it sends its log to nobody, which is not acknowledged. */
final class UnsharedTail {

    /** Well before a replica that answers nothing leaves the in-sync set. */
    private static final Duration PATIENCE = Duration.ofMillis(2_500);

    private static final int HEX = 16;
    private static final int LOW_BITS = 32;

    private UnsharedTail() {}

    /**
     * Leaves one on {@code primary}.
     *
     * @throws IOException when it does not write anything meanwhile
     */
    static void leave(Field field, LocalNode primary) throws IOException, InterruptedException {
        FrozenSenders.of(primary);
        long frozen = System.nanoTime();
        if (!Await.until(PATIENCE, () -> isThere(field, primary, frozen))) {
            throw new IOException(primary.id() + " wrote nothing that its replicas lack within " + PATIENCE.toMillis()
                    + " ms: expected an order of every writer");
        }
    }

    private static boolean isThere(Field field, LocalNode primary, long frozen) {
        Optional<Long> own = end(primary, frozen);
        return own.isPresent()
                && field.others(primary).stream()
                        .allMatch(replica -> end(replica, frozen)
                                .filter(end -> end < own.get())
                                .isPresent());
    }

    /** The end of its log, as seen since then. */
    private static Optional<Long> end(LocalNode node, long sinceNanos) {
        try {
            AgentView view = node.agent().node();
            return view.observedMillis()
                    .filter(age -> System.nanoTime() - sinceNanos
                            > Duration.ofMillis(age + 1).toNanos())
                    .flatMap(_ -> view.seen().position())
                    .map(UnsharedTail::number);
        } catch (IOException | RequestRefusedException silent) {
            return Optional.empty();
        }
    }

    private static long number(String position) {
        String[] halves = position.split("/", -1);
        return Long.parseLong(halves[0], HEX) << LOW_BITS | Long.parseLong(halves[1], HEX);
    }
}
