package io.understudy.chaos.faults;

import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Something that may happen to a cluster.
 *
 * @param name as users write it, such as {@code server-killed}
 * @param text in words
 * @param weight what it costs the cluster
 * @param cause makes it happen
 */
public record Fault(String name, String text, Weight weight, Cause cause) {

    /** What must not happen twice before the cluster is whole again. */
    public enum Weight {
        /** Whatever else happens, all data is still somewhere. */
        LIGHT,
        /** Something on a node's disk is changed, which another of these would save or put back wrongly; or it takes long. */
        HEAVY
    }

    /** Makes a fault happen. */
    @FunctionalInterface
    public interface Cause {
        Caused on(Scene scene)
                throws IOException, InterruptedException, RequestRefusedException, UnusableMachineException;
    }

    /** Ends a fault. */
    @FunctionalInterface
    public interface Repair {
        void run() throws IOException, InterruptedException, UnusableMachineException;
    }

    /**
     * A fault that has happened.
     *
     * @param nodes whom it befell
     * @param text what was done, in words
     * @param lasts how long it is to last
     * @param repair ends it
     */
    public record Caused(List<String> nodes, String text, Duration lasts, Repair repair) {
        public Caused {
            nodes = List.copyOf(nodes);
        }
    }
}
