package io.understudy.cli.demo;

import io.understudy.cli.api.KnownDemo;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.Narrator;
import java.io.IOException;

/** Ends a demonstration once: at its end, or when the process is told to go. */
final class Cleanup implements Runnable {

    private final DemoCluster cluster;
    private final LocalDirectory directory;
    private final Narrator narrator;
    private Rest rest = Rest.REMOVE;
    private Progress progress = Progress.NOT_BEGUN;

    Cleanup(DemoCluster cluster, LocalDirectory directory, Narrator narrator) {
        this.cluster = cluster;
        this.directory = directory;
        this.narrator = narrator;
    }

    /** What becomes of the directory. */
    private enum Rest {
        REMOVE,
        KEEP
    }

    private enum Progress {
        NOT_BEGUN,
        BEGUN
    }

    /** Data and logs are wanted afterwards; without this they are removed. */
    synchronized void keepDirectory() {
        rest = Rest.KEEP;
    }

    @Override
    public synchronized void run() {
        if (progress == Progress.BEGUN) {
            return;
        }
        progress = Progress.BEGUN;
        try {
            cluster.end();
            KnownDemo.remove();
            if (rest == Rest.REMOVE) {
                directory.remove();
            } else {
                narrator.say("everything was stopped; data and logs are kept in " + directory.root());
            }
        } catch (IOException failed) {
            narrator.say("the end of the demonstration did not go well: " + failed.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
