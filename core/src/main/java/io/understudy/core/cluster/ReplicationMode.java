package io.understudy.core.cluster;

/** When a commit is acknowledged. */
public enum ReplicationMode {
    /** When the primary has it on disk. The unreplicated tail may be lost with the primary. */
    ASYNC("async"),
    /** When the primary and {@code confirmations} members of the in-sync set have it on disk. */
    SEMI_SYNC("semi-sync"),
    /** When every member of the in-sync set has applied it. */
    SYNC("sync");

    private final String label;

    ReplicationMode(String label) {
        this.label = label;
    }

    /** As users write it. */
    public String label() {
        return label;
    }

    /** Reads what {@link #label} writes; anything else throws, naming what was expected. */
    public static ReplicationMode ofLabel(String label) {
        for (ReplicationMode mode : values()) {
            if (mode.label.equals(label)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("'" + label + "' is no replication mode: expected async, semi-sync or sync");
    }

    @Override
    public String toString() {
        return label;
    }
}
