package io.understudy.core.reconciler;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineStart;
import java.util.List;
import java.util.Optional;

/**
 * One step an engine takes. Every step has a name for journal, events and crash tests, and may be repeated after a crash
 * in its middle: the reconciler looks again and decides from what it sees.
 */
public sealed interface Action {

    /** Nothing to do until something changes. */
    record Wait() implements Action {}

    /** Fills an empty data directory with a new database. Only ever for the first primary of a cluster. */
    record Initialise() implements Action {}

    /**
     * Durably promises {@code epoch}: nothing of an older one is followed, confirmed or promoted any more, across restarts.
     */
    record Promise(Epoch epoch) implements Action {}

    /**
     * Starts the server as a replica of nobody, where nobody may confirm commits. First disarms the guard, which is
     * allowed because no process of the server is left.
     */
    record StartSealed() implements Action {}

    /**
     * Promises the epoch durably, stops receiving from whomever and verifies that the receiver is gone; a server that does not comply at once is
     * stopped, to be started sealed.
     */
    record Seal(Epoch epoch) implements Action {}

    /** Ends the sessions that keep replay from finishing. Only on the winner. */
    record EndReplayBlockers() implements Action {}

    /** Ends every process of the server, without waiting for anybody. */
    record KillServer() implements Action {}

    /**
     * Leaves the traces of every timeline id allocated before this tenure's, so that the database chooses exactly the
     * tenure's own, then promotes and verifies the timeline. Only under a valid lease. On disk before promotion: the
     * lineage including this tenure.
     *
     * @param lineage the ledger's, ending with this tenure
     */
    record Promote(Tenure tenure, List<TimelineStart> lineage) implements Action {
        public Promote {
            lineage = List.copyOf(lineage);
        }
    }

    /** Nobody may confirm, verified by a marker seen waiting. */
    record HoldConfirmations(long change) implements Action {}

    /** The configuration is set and every sender of the log is seen to obey it. */
    record SetInSync(long change, InSyncConfiguration configuration) implements Action {}

    /** A marker commit is confirmed under the configuration, as its mode demands. */
    record ConfirmMarker(long change, InSyncConfiguration configuration) implements Action {}

    /**
     * Follows the primary of {@code epoch}. The server runs sealed or follows another. On disk before the first byte is
     * received: the lineage.
     *
     * @param lineage the ledger's, of which the local one is a prefix
     * @param mode what the replica may be asked to confirm; decides how long a reader may hold up replay
     */
    record Follow(Epoch epoch, NodeId primary, Endpoint endpoint, List<TimelineStart> lineage, ReplicationMode mode)
            implements Action {
        public Follow {
            lineage = List.copyOf(lineage);
        }
    }

    /** Fills an empty data directory with a copy of the primary's, as a new incarnation. */
    record Clone(Epoch epoch, NodeId primary, Endpoint endpoint, List<TimelineStart> lineage) implements Action {
        public Clone {
            lineage = List.copyOf(lineage);
        }
    }

    /**
     * Ends the server and keeps its whole data, readable later, because it holds log that the cluster's lineage does not.
     * Afterwards the data directory is empty, or rewound where the installation can: then it is a new incarnation.
     *
     * @param lineage the ledger's, from which the fork is known
     * @param reason what diverged, for the operator
     * @param fork the boundary of the first epoch that this data has no part in; empty when not known, and then what the
     *     data holds cannot be measured
     * @param own the lineage of the data as its last record proves it, which may be further than what is stored beside it; empty
     *     when only what is stored is known
     */
    record Quarantine(List<TimelineStart> lineage, String reason, Optional<Boundary> fork, List<TimelineStart> own)
            implements Action {
        public Quarantine {
            lineage = List.copyOf(lineage);
            own = List.copyOf(own);
        }

        /** Of data whose own lineage is what is stored beside it. */
        public Quarantine(List<TimelineStart> lineage, String reason, Optional<Boundary> fork) {
            this(lineage, reason, fork, List.of());
        }

        /** Of data that cannot be measured. */
        public Quarantine(List<TimelineStart> lineage, String reason) {
            this(lineage, reason, Optional.empty());
        }
    }

    /** Gives the data a new incarnation, because it holds less than it once reported: it was restored from an old copy. */
    record RenewIncarnation(Incarnation restored) implements Action {}

    /**
     * Stops the primary so that {@code target} has its last record: checkpoint, sessions ended, clean stop, senders other
     * than the target's ended when they hold it up.
     */
    record CleanStop(NodeId target) implements Action {}

    /** The name of this step in journal, events and crash tests. */
    default String step() {
        return getClass().getSimpleName();
    }
}
