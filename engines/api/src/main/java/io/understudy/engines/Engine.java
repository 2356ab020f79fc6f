package io.understudy.engines;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import java.util.List;

/**
 * One database server under supervision. Observing and acting are called by one thread, the agent's loop; extending the
 * lease may come from another.
 */
public interface Engine extends AutoCloseable {

    /** What is there now. Never throws for anything the database does: that is an observation. Bounded in time. */
    LocalObservation observe();

    /**
     * What the ledger asks of this node now, told before every decision, for settings that no decision depends on; a step
     * decides everything else. Called by the thread that acts. Never throws for anything the database does.
     */
    default void assigned(Assignment assignment) {}

    /**
     * Takes one step and returns when it is done. May be repeated. Bounded in time by the step's own deadline.
     *
     * @throws EngineException when the step could not be finished: it names what was found, what was expected and what to
     *     do; the state stays one that {@link #observe} describes truthfully
     */
    void act(Action action) throws EngineException, InterruptedException;

    /**
     * Extends the guard's deadline, arming the guard when it holds none. Called when a renewal was confirmed.
     *
     * @param until counted from before the renewal was sent
     * @return whether the guard took it; false when it holds another epoch's or its deadline has passed
     */
    boolean extendLease(Epoch epoch, MonotonicTime until);

    /** Kept copies of diverged data, newest first. */
    List<Quarantined> quarantine();

    /**
     * Starts a server that shows a kept copy read-only, on a free port, beside the supervised one; opening it again gives
     * the same address. May be called beside the loop, one quarantine call at a time.
     *
     * @param id of {@link #quarantine}
     * @throws EngineException when there is no such copy, or it cannot be shown
     */
    default Endpoint openQuarantine(String id) throws EngineException, InterruptedException {
        throw new EngineException("Kept copy '" + id + "' cannot be opened: this engine cannot show kept copies."
                + " Start a server of your own on a copy of its directory.");
    }

    /** Stops the server that {@link #openQuarantine} started; nothing happens when there is none. */
    default void closeQuarantine(String id) throws EngineException, InterruptedException {}

    /**
     * Deletes a kept copy for good, closing it first.
     *
     * @throws EngineException when there is no such copy, or it could not be deleted
     */
    default void dropQuarantine(String id) throws EngineException, InterruptedException {
        throw new EngineException("Kept copy '" + id + "' cannot be dropped: this engine keeps none."
                + " Look at the quarantine list of this node.");
    }

    /** Its version and processes, from memory. */
    default EngineFacts facts() {
        return EngineFacts.UNKNOWN;
    }

    /** Calls {@code wake} when something happened that is worth observing at once: a process ended, a clone moved on. */
    void onChange(Runnable wake);

    /** Lets go of the server without stopping it: the guard keeps its deadline. */
    @Override
    void close();
}
