package io.understudy.router.topology;

import java.util.function.Consumer;

/** Where the router learns who is primary. */
public interface TopologySource {

    /**
     * Tells {@code listener} what is known now, if anything is, and from then on every change, in order and never two at a time,
     * from a thread of the source's own. The listener returns at once.
     *
     * @return closing it ends the subscription
     */
    Subscription subscribe(Consumer<Topology> listener);

    /** A server connection broke or was refused: whoever is asked for news is asked more often for a while. Returns at once. */
    default void suspect() {}

    /** A running subscription. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
