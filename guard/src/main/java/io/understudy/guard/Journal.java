package io.understudy.guard;

import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Writes the guard's few log lines to standard error from a thread of its own: a full or stuck disk delays nobody, lines are dropped instead. */
final class Journal {
    private static final int MAX_LINES = 256;
    private static final long STACK_BYTES = 128 * 1024;

    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(MAX_LINES);

    void start() {
        Thread thread = new Thread(null, this::write, "journal", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    void note(String line) {
        // A full queue means that the disk hangs; the line is dropped, for nothing here may wait.
        boolean ignored =
                lines.offer(Instant.now() + " guard " + ProcessHandle.current().pid() + ": " + line);
    }

    private void write() {
        try {
            while (true) {
                System.err.println(lines.take());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
