package io.understudy.coordination.ratis;

import java.util.function.Supplier;

/**
 * What is replicated: a deterministic machine, fed with the committed proposals in their order.
 *
 * <p>The node holds one lock around every method here, so the machine is effectively single-threaded; the threads differ.
 * No method may block, call the node and wait, or take a lock that is held while the node is called: Raft stands still
 * meanwhile.
 */
public interface ReplicatedMachine {
    /**
     * A query that was heard.
     *
     * @param answer gives the answer, at most {@link RaftLimits#answerBytes()} bytes; may throw a RuntimeException as {@link
     *     #hear} may
     * @param patient whether the asker may be kept waiting for a while, so that its answer needs no messages of its own
     */
    record Heard(Supplier<byte[]> answer, boolean patient) {
        /** Answered as soon as a majority confirmed. */
        static Heard urgent(Supplier<byte[]> answer) {
            return new Heard(answer, false);
        }
    }

    /**
     * Applies a committed proposal. Runs on every peer, in log order, and again after a restart from the last snapshot on;
     * must depend on nothing but the machine's replicated state and the arguments.
     *
     * @param term Raft term of the entry
     * @return the answer for the proposer, at most {@link RaftLimits#answerBytes()}
     * @throws RuntimeException fails the proposal at its proposer ({@link ProposalFailed}); the machine must then be
     *     unchanged, on every peer alike
     */
    byte[] apply(long term, byte[] proposal);

    /**
     * Hears a query, as soon as it arrives at a Raft leader that was announced by {@link Leadership.Leading}. The leader may
     * have been replaced without knowing it yet, so nothing may follow from the query here but what has to be committed
     * afterwards. Soft state may change; the log does not grow.
     *
     * @return its answer is asked for in the same leadership, after a majority of the peers answered, to a message sent after
     *     the query arrived, that it knows no later term; never when that fails
     * @throws RuntimeException fails the query at its asker ({@link ProposalFailed})
     */
    Heard hear(byte[] request);

    /** The replicated state, whole: what {@link #restore} of another peer makes the same machine of. No soft state. */
    byte[] snapshot();

    /** Replaces the replicated state. Called before anything is applied, and whenever a leader installed a snapshot. */
    void restore(byte[] snapshot);

    /**
     * Called on every change of who leads, as this peer sees it; changes that were over before they could be told are left
     * out. {@link Leadership.Leading} is told only once everything of earlier terms is applied here, so the state is
     * current then. Between losing a leadership and being told so, no query is answered.
     */
    void leadership(Leadership now);

    /**
     * Another peer sent {@code message} by {@link RaftNode#tell}. Nothing is replicated or confirmed by it; it may be late
     * or repeated, and come from a peer that no longer leads.
     *
     * @throws RuntimeException is logged; nobody is told
     */
    default void told(byte[] message) {}
}
