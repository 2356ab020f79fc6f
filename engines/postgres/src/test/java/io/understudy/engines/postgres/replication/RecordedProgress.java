package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.Lsn;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a clone reports. */
final class RecordedProgress implements CloneListener {
    final List<String> steps = new ArrayList<>();
    final List<Long> copied = new ArrayList<>();
    final List<Long> estimated = new ArrayList<>();

    @Override
    public void connected(SystemIdentity source) {
        steps.add("connected");
    }

    @Override
    public void started(Lsn position, int timeline, long estimatedBytes) {
        steps.add("started");
    }

    @Override
    public void copied(long copiedBytes, long estimatedBytes) {
        copied.add(copiedBytes);
        estimated.add(estimatedBytes);
    }

    @Override
    public void syncing() {
        steps.add("syncing");
    }
}
