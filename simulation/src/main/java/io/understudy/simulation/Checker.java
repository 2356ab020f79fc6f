package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.command.Proposal;
import java.util.List;
import java.util.Optional;

/** Watches one promise over a whole history. Knows what no node can know. */
interface Checker {

    /** The promise, in a few words. */
    String promise();

    /** The Raft leader on {@code node} decided this, by what it knows now. It is committed later, or never. */
    default void proposed(int node, Proposal proposal) {}

    /** A majority has a new state of the ledger. */
    default void committed(ClusterState before, Proposal proposal, ClusterState after) {}

    /** A client was told that its write is done. */
    default void acknowledged(ClientWrite write) {}

    /** A server became primary. */
    default void promoted(int node, int timeline, long epoch) {}

    /** A primary wrote what a client asked for; nobody was told yet. */
    default void written(ClientWrite write) {}

    /** A process of the primary's server took over another value of whom commits wait for. */
    default void tookOver(Database primary) {}

    /** A replica begins to receive from {@code source}. */
    default void receives(Database replica, Database source) {}

    /** A node's whole log was set aside because it left {@code lineage}, and what was lost with it measured; empty when nothing was. */
    default void quarantined(int node, List<LogRecord> log, List<TimelineStart> lineage, Optional<Receipt> receipt) {}

    /** Nothing goes wrong from now on. */
    default void calm() {}

    /** The cluster is well; from now on no more happens than that a replica ends. */
    default void well() {}

    /** The history is over. */
    default void end() {}
}
