package io.understudy.chaos.workload;

import io.understudy.core.cluster.Endpoint;
import java.util.Optional;

/** How a client finds where to send what it has. */
interface Way {

    /** For people, such as {@code router from node-a}. */
    String name();

    /** Where to connect now; empty when nobody is known. */
    Optional<Endpoint> next();

    /** What {@link #next} named last did not work. */
    void failed();

    /** Whether an answer from {@code where} is worth waiting for no longer. */
    boolean isOutdated(Endpoint where);
}
