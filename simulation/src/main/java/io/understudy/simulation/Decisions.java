package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.coordinator.Coordinator;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Report;
import io.understudy.core.coordinator.Sightings;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.Step;
import java.util.List;

/**
 * The shipped decisions. Tests of the checkers put a wrong one in the place of one of them, to see it caught.
 */
class Decisions {

    Decision decide(ClusterState state, Sightings seen, MonotonicTime now) {
        return Coordinator.decide(state, seen, now);
    }

    Step next(Assignment assignment, LocalObservation seen) {
        return Reconciler.next(assignment, seen);
    }

    Report report(
            MemberRecord self, Assignment assignment, LocalObservation seen, String doing, List<Receipt> receipts) {
        return Report.of(self, assignment, seen, doing, receipts);
    }

    /** What a server is seen to be is changed before anybody decides on it. */
    LocalObservation observed(LocalObservation seen, Database database) {
        return seen;
    }

    /** From when the holder counts its lease, both on its own clock, in microseconds. */
    long leaseCountedFrom(long sentAt, long answeredAt) {
        return sentAt;
    }

    /** Whether a seal really ends the receiver. */
    SealKind sealing() {
        return SealKind.ENDS_THE_RECEIVER;
    }

    /** What a seal does. */
    enum SealKind {
        ENDS_THE_RECEIVER,
        ONLY_LOOKS_LIKE_IT
    }

    /** The timeline a promotion ends up on. */
    int promotedTimeline(int allocated, Disk disk) {
        return allocated;
    }

    /** Whether a change of the in-sync set waits until every process of the server obeys. */
    ChangeKind changing() {
        return ChangeKind.VERIFIED;
    }

    /** How a change of the in-sync set is made. */
    enum ChangeKind {
        VERIFIED,
        HOPED_FOR
    }
}
