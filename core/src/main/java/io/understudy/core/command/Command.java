package io.understudy.core.command;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.Vote;
import java.util.List;
import java.util.Optional;

/** One change of the ledger. Refused as a whole, with its proposal, when it does not fit the state it meets. */
public sealed interface Command {

    /** A node reported for the first time, or with other data or other addresses. */
    record Register(MemberRecord record) implements Command {}

    /** {@code node} makes the first database. */
    record ChooseInitialiser(NodeId node) implements Command {}

    /** The tenure of {@code epoch} ends. */
    record Revoke(Epoch epoch, Cause cause, Optional<Position> stopped) implements Command {}

    /** A sealed member's vote for the epoch after a revoked one. */
    record RecordVote(Vote vote) implements Command {}

    /**
     * A new tenure begins. Made by {@code Coordinator} alone.
     *
     * @param target the in-sync configuration to pass to; those of the past stay possible until it is completed
     */
    record Grant(
            Epoch epoch,
            Member holder,
            TimelineId timeline,
            Boundary boundary,
            InSyncConfiguration target,
            Cause cause,
            List<PrimaryChange.Candidate> candidates)
            implements Command {
        public Grant {
            candidates = List.copyOf(candidates);
        }
    }

    /** A marker of this tenure was confirmed: clients are served. */
    record Open(Epoch epoch) implements Command {}

    /** The in-sync configuration is to become {@code target}. */
    record ChangeInSync(Epoch epoch, InSyncConfiguration target) implements Command {}

    /** A marker was confirmed under the target of {@code change}. */
    record CompleteInSync(Epoch epoch, long change) implements Command {}

    /** An operator wants another primary. */
    record RequestSwitchover(Optional<NodeId> target) implements Command {}

    /** The switchover goes to {@code target}. */
    record ChooseTarget(NodeId target) implements Command {}

    /** The switchover is not carried out. */
    record CancelSwitchover() implements Command {}

    /** An operator changed the settings. */
    record ChangeSettings(Settings settings) implements Command {}

    /** What the change to {@code epoch} lost was measured. */
    record RecordReceipt(Epoch epoch, Receipt receipt) implements Command {}
}
