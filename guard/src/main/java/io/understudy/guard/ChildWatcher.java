package io.understudy.guard;

import java.util.concurrent.Semaphore;

/**
 * A thread that sleeps in the kernel until a child is dead, so that the main thread need not look for it. It leaves reaping to the main thread: while
 * that one holds a pid it must stay this process's.
 */
final class ChildWatcher {
    private static final long STACK_BYTES = 128 * 1024;

    private final Semaphore resumed = new Semaphore(0);
    private final Runnable onDeadChild;

    ChildWatcher(Runnable onDeadChild) {
        this.onDeadChild = onDeadChild;
    }

    void start() {
        Thread thread = new Thread(null, this::watch, "child-watcher", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    /** To be called after reaping, and after a child was started: only then is there something new to wait for. */
    void resume() {
        if (resumed.availablePermits() == 0) {
            resumed.release();
        }
    }

    private void watch() {
        Libc libc = new Libc();
        while (true) {
            boolean childDead = libc.awaitDeadChild() == 0;
            if (childDead) {
                onDeadChild.run();
            }
            if (childDead || libc.errno() == Libc.ECHILD) {
                resumed.acquireUninterruptibly();
            }
        }
    }
}
