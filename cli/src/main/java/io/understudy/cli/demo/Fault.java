package io.understudy.cli.demo;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What a round breaks. */
public enum Fault {
    NONE("none", "nothing is broken"),
    CRASH("crash", "every process of the primary's server is killed"),
    AGENT("agent", "the primary's agent alone is killed"),
    HOST("host", "the primary's agent, guard and server are killed together"),
    HANG("hang", "everything of the primary's node is stopped for 20 s, then resumed"),
    REPLICA("replica", "everything of a replica's node is killed"),
    SWITCHOVER("switchover", "a planned change of primary"),
    PARTITION("partition", "the primary's node is cut off silently");

    private final String label;
    private final String text;

    Fault(String label, String text) {
        this.label = label;
        this.text = text;
    }

    /** As users write it. */
    public String label() {
        return label;
    }

    /** In words. */
    public String text() {
        return text;
    }

    /** Whether another primary must take over for the round to be over. */
    boolean needsTakeover() {
        return switch (this) {
            case CRASH, HOST, HANG, SWITCHOVER, PARTITION -> true;
            case NONE, AGENT, REPLICA -> false;
        };
    }

    /** Reads what {@link #label} writes. */
    public static Fault ofLabel(String label) {
        return Arrays.stream(values())
                .filter(fault -> fault.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + label + "' is no fault: expected one of "
                        + Arrays.stream(values()).map(Fault::label).collect(Collectors.joining(", "))));
    }

    @Override
    public String toString() {
        return label;
    }
}
