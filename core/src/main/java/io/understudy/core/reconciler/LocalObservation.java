package io.understudy.core.reconciler;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What an agent sees of its own database at one moment. Made by the engine, read by {@link Reconciler}.
 *
 * @param data what is in the data directory
 * @param promised the highest epoch durably promised: nothing older is followed or confirmed any more
 * @param lineage the epochs whose log this data holds, oldest first, kept durably beside the data; empty without data
 * @param highestReported the highest position this data ever reported, kept durably outside the data directory; of its time as a
 *     primary only what a replica had replayed, which is known to be whole records
 * @param server the database server's processes
 * @param lease the lease the guard holds, if it holds one
 * @param trouble what is wrong around the server and needs somebody to do something, whatever the server does; for people,
 *     nothing is decided by it
 */
public record LocalObservation(
        Data data,
        Epoch promised,
        List<TimelineStart> lineage,
        Position highestReported,
        Server server,
        Optional<Lease> lease,
        Optional<String> trouble) {

    /** Nothing is known to be wrong around the server. */
    public LocalObservation(
            Data data,
            Epoch promised,
            List<TimelineStart> lineage,
            Position highestReported,
            Server server,
            Optional<Lease> lease) {
        this(data, promised, lineage, highestReported, server, lease, Optional.empty());
    }

    public LocalObservation {
        lineage = List.copyOf(lineage);
    }

    /** What is in the data directory. */
    public sealed interface Data {
        /** Nothing: absent, empty, or a clone that never finished. */
        record Empty() implements Data {}

        /** Something Understudy did not make or cannot use. It is never touched. */
        record Foreign(String problem) implements Data {}

        /**
         * Data of this cluster.
         *
         * @param incarnation the life of this data
         */
        record Ours(Incarnation incarnation) implements Data {}
    }

    /** The database server, by what its processes do. */
    public sealed interface Server {

        /**
         * No process of it is left.
         *
         * @param cleanStop when the server was stopped cleanly while primary: the end of its log, which includes the
         *     shutdown checkpoint; empty after a crash, or when it was a replica
         * @param problem why it cannot be started, empty when nothing speaks against it
         */
        record Gone(Optional<Position> cleanStop, Optional<String> problem) implements Server {}

        /** Processes exist but it does not answer yet; recovery from a crash is this too. */
        record Starting() implements Server {}

        /**
         * It was told to stop and has not gone yet.
         */
        record Stopping() implements Server {}

        /**
         * Processes exist and it does not answer: stopped, hung, or out of connections even for the supervisor.
         *
         * @param lasted for how long
         */
        record Stuck(Duration lasted) implements Server {}

        /**
         * It replays a log.
         *
         * @param upstream whom it is set to follow, empty when sealed
         * @param receiving whether a receiver process exists, whatever it is set to
         * @param streaming whether the receiver is streaming from {@code upstream} now
         * @param timeline the timeline of the last log record it holds
         * @param position the end of valid log on disk; empty while not known, as after a restart before replay got there
         * @param replayed how far it has replayed
         * @param boundary where a new epoch would begin on this node; present only when sealed and replay is finished
         * @param primaryEnd the furthest end of the primary's log that was heard on {@code timeline}, also by a receiver that has ended since;
         *     empty when nothing was heard
         */
        record Standby(
                Optional<NodeId> upstream,
                boolean receiving,
                boolean streaming,
                TimelineId timeline,
                Optional<Position> position,
                Position replayed,
                Optional<Boundary> boundary,
                Optional<Position> primaryEnd)
                implements Server {

            /** Neither set to follow anybody nor receiving from anybody. */
            public boolean isSealed() {
                return upstream.isEmpty() && !receiving;
            }
        }

        /**
         * It accepts writes.
         *
         * @param timeline the timeline it writes
         * @param position the end of its log
         * @param inSync how far the last change of the in-sync set got in this run of the server
         * @param replicas who copies from it now
         * @param exempt whose commits the guarantee does not cover, because a setting of their role or database has them wait for less;
         *     for people
         */
        record Primary(
                TimelineId timeline,
                Position position,
                InSyncProgress inSync,
                List<Replica> replicas,
                List<String> exempt)
                implements Server {
            public Primary {
                replicas = List.copyOf(replicas);
                exempt = List.copyOf(exempt);
            }

            /** With nobody exempt. */
            public Primary(TimelineId timeline, Position position, InSyncProgress inSync, List<Replica> replicas) {
                this(timeline, position, inSync, replicas, List.of());
            }
        }
    }

    /**
     * A replica as its primary sees it.
     *
     * @param node the member it logged in as
     * @param streaming whether it streams (catching up is not streaming)
     * @param direct whether login, name and slot are this member's own, one to one
     * @param flushed what it confirmed to be on its disk
     * @param replayed what it confirmed to have applied
     * @param lagBytes the end of the primary's log less {@code flushed}
     * @param silence time since it was last heard
     */
    public record Replica(
            NodeId node,
            boolean streaming,
            boolean direct,
            Position flushed,
            Position replayed,
            long lagBytes,
            Duration silence) {}

    /**
     * How far a change of the in-sync set got. Lost with the server or the agent, and then begun again: every step may be
     * repeated.
     *
     * @param change the ledger's number of the change, 0 before any
     * @param step the last finished step of it
     */
    public record InSyncProgress(long change, Step step) {

        /** Before any change. */
        public static final InSyncProgress NONE = new InSyncProgress(0, Step.NONE);

        /** In order. */
        public enum Step {
            NONE,
            /** Nobody may confirm, and a marker was seen waiting. */
            HELD,
            /** The new value is set and every sender of the log shows it. */
            SET,
            /** A marker commit was confirmed under the new value. */
            CONFIRMED
        }
    }

    /**
     * The guard's deadline.
     *
     * @param epoch the tenure it is held for
     * @param valid whether the deadline is still ahead
     */
    public record Lease(Epoch epoch, boolean valid) {}
}
