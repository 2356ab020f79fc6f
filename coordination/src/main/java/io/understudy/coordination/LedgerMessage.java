package io.understudy.coordination;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Report;
import java.util.Optional;

/** What travels between the copies of the ledger. */
sealed interface LedgerMessage {

    /** A log entry: the first state of a cluster. Has an effect only on a ledger that has none. */
    record Form(ClusterState state) implements LedgerMessage {}

    /** A log entry: a proposal. */
    record Change(Proposal proposal) implements LedgerMessage {}

    /**
     * The answer to a log entry.
     *
     * @param version the ledger's afterwards
     * @param refused why nothing was changed, empty when it was
     * @param overtaken whether it was refused because it was made for another version
     */
    record Verdict(long version, Optional<String> refused, boolean overtaken) implements LedgerMessage {}

    /**
     * A query: an agent's report.
     *
     * @param run of the agent's process; {@code number} counts its reports, so that a late one is recognised
     * @param known the version of the ledger that the sender has, -1 for none
     */
    record Reported(long run, long number, long known, Report report) implements LedgerMessage {}

    /**
     * The answer to a report.
     *
     * @param version the ledger's
     * @param state empty when the sender has that version already
     * @param renewed the epoch whose lease the report renewed, empty when it renewed none
     * @param vacant the epoch to be granted next while nobody holds a tenure
     */
    record Received(long version, Optional<ClusterState> state, Optional<Epoch> renewed, Optional<Epoch> vacant)
            implements LedgerMessage {}

    /** A query: everything the Raft leader knows. */
    record Look() implements LedgerMessage {}

    /** The answer to {@link Look}. */
    record Looked(Outlook outlook) implements LedgerMessage {}

    /** From the Raft leader to the others, unasked: the newest state. */
    record State(ClusterState state) implements LedgerMessage {}

    /** A snapshot of the log; empty before the cluster was formed. */
    record Snapshot(Optional<ClusterState> state) implements LedgerMessage {}

    /** From the Raft leader to the others, unasked: there is a newer state, too large to be sent along. */
    record Newer(long version) implements LedgerMessage {}
}
