package io.understudy.chaos.workload;

/** What became of a write, as its client knows it. */
public enum Outcome {
    /** The client was told that it was done. */
    ACKNOWLEDGED,
    /** The client was told that it was not done, or never asked for its commit. */
    REFUSED,
    /** The client was told nothing for certain. */
    UNKNOWN
}
