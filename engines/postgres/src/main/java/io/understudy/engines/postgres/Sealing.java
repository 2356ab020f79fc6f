package io.understudy.engines.postgres;

import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Stops receiving, and knows it: the setting is emptied, the receiver ended by its process id because a server whose replay
 * is blocked does not look at settings, and its absence verified. A server that does not comply at once is killed.
 */
final class Sealing {

    /** How long the server may take. */
    static final Duration AT_ONCE = Duration.ofMillis(100);

    /** How long it may take by itself, before its receiver is ended. */
    private static final Duration BY_ITSELF = Duration.ofMillis(20);

    private static final String RECEIVER = "walreceiver";
    private static final long POLL_MILLIS = 2;

    private final Node node;
    private final Processes processes;

    Sealing(Node node, Processes processes) {
        this.node = node;
        this.processes = processes;
    }

    /** Returns when the server receives from nobody, running or not. */
    void seal() throws IOException, InterruptedException {
        Optional<Long> postmaster = node.guard.runningPid(node.guard.status());
        if (postmaster.isEmpty()) {
            return;
        }
        node.files.moveOutOfAutoConf(node.data());
        processes.reload(LiveSettings.SEALED);
        long began = System.nanoTime();
        while (!isSealed(postmaster.get(), System.nanoTime() - began > BY_ITSELF.toNanos())) {
            if (System.nanoTime() - began > AT_ONCE.toNanos()) {
                processes.kill();
                return;
            }
            if (System.nanoTime() - began > BY_ITSELF.toNanos()) {
                for (long receiver : Leftovers.children(postmaster.get(), RECEIVER)) {
                    node.guard.terminateChild(receiver);
                }
            }
            // The end of a grandchild process announces itself to nobody here.
            Thread.sleep(POLL_MILLIS);
        }
    }

    /**
     * A replaying process that has taken note of the setting sleeps between two looks at the disk. One that is blocked, or
     * busy with log it already has, takes note before it would ask for more; that is believed once its receiver was ended.
     */
    private boolean isSealed(long postmaster, boolean receiverWasEnded) {
        if (!Leftovers.children(postmaster, RECEIVER).isEmpty()) {
            return false;
        }
        try {
            Glance glance = node.link.glance();
            return glance.hasReadEverything()
                    || (receiverWasEnded
                            && glance.standby()
                            && glance.conninfo().isEmpty()
                            && glance.receiver().isEmpty());
        } catch (SQLException unwell) {
            return false;
        }
    }
}
