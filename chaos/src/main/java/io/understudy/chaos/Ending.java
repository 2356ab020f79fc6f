package io.understudy.chaos;

import io.understudy.chaos.lab.KeptLogs;
import io.understudy.chaos.lab.Lab;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.Narrator;
import java.io.IOException;
import java.nio.file.Path;

/** Ends a run once: at its end, or when the process is told to go. */
final class Ending implements Runnable {

    private final Lab lab;
    private final LocalDirectory directory;
    private final Narrator narrator;
    private boolean keep = true;
    private boolean begun;

    Ending(Lab lab, LocalDirectory directory, Narrator narrator) {
        this.lab = lab;
        this.directory = directory;
        this.narrator = narrator;
    }

    /** All went well: the nodes' logs are removed. Without this they are kept, also of a run that was told to go. */
    synchronized void discardDirectory() {
        keep = false;
    }

    @Override
    public synchronized void run() {
        if (begun) {
            return;
        }
        begun = true;
        Path logs = directory.root().resolve("logs");
        try {
            try {
                if (keep) {
                    // Part of them is on disks that go with the nodes.
                    KeptLogs.copy(directory.root(), logs);
                }
            } finally {
                lab.close();
            }
            if (keep) {
                narrator.say("everything was stopped; the nodes' logs are kept in " + logs);
            } else {
                directory.remove();
            }
        } catch (IOException failed) {
            narrator.say("the end of the run did not go well: " + failed.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
