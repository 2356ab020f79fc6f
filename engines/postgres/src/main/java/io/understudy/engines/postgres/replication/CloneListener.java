package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.Lsn;

/** Hears how a clone proceeds, on the thread that clones. What it throws ends the clone. */
public interface CloneListener {
    /** A listener that ignores everything. */
    CloneListener NONE = new CloneListener() {};

    /** Connected; the server now makes a checkpoint, which can take a while. */
    default void connected(SystemIdentity source) {}

    /** The backup begins. The estimate leaves out the log that is sent last. */
    default void started(Lsn position, int timeline, long estimatedBytes) {}

    /**
     * So many bytes have arrived; at the start, every {@link BaseBackup#PROGRESS_STEP_BYTES} and at the end.
     *
     * @param copiedBytes never less than before
     * @param estimatedBytes of all there is to copy, never less than {@code copiedBytes}
     */
    default void copied(long copiedBytes, long estimatedBytes) {}

    /** Everything has arrived; it is now being forced to disk. */
    default void syncing() {}
}
