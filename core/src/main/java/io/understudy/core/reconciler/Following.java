package io.understudy.core.reconciler;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import java.util.Optional;

/** Rules for a replica. */
final class Following {

    private Following() {}

    static Optional<Outcome> cloneData(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.FollowPrimary follow)
                || !(seen.data() instanceof Data.Empty)
                || !(seen.server() instanceof Server.Gone gone)) {
            return Optional.empty();
        }
        return gone.problem()
                .map(problem -> new Outcome(new Action.Wait(), problem))
                .or(() -> Outcome.of(
                        new Action.Clone(
                                follow.tenure().epoch(),
                                follow.tenure().holder().node(),
                                follow.primary(),
                                follow.lineage()),
                        "there is no data here: it is copied from "
                                + follow.tenure().holder()));
    }

    static Optional<Outcome> start(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.FollowPrimary) || !(seen.server() instanceof Server.Gone gone)) {
            return Optional.empty();
        }
        return gone.problem()
                .map(problem -> new Outcome(new Action.Wait(), problem))
                .or(() -> Outcome.of(
                        new Action.StartSealed(),
                        "the server is down: it starts sealed, so that the end of its log is known before it follows"));
    }

    static Optional<Outcome> seal(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.FollowPrimary follow
                        && seen.server() instanceof Server.Standby standby
                        && !standby.isSealed()
                        && !follows(follow, standby, seen)
                ? Outcome.of(
                        new Action.Seal(follow.tenure().epoch()),
                        "it receives from somebody else, or for an older epoch: the end of its log must be final before it is"
                                + " compared with the cluster's")
                : Optional.empty();
    }

    static Optional<Outcome> position(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.FollowPrimary follow
                        && seen.server() instanceof Server.Standby standby
                        && !follows(follow, standby, seen)
                        && (standby.position().isEmpty()
                                || (standby.boundary().isEmpty()
                                        && fork(follow, standby, seen).isPresent()))
                ? Outcome.waiting("replay has not reached the end of the log, which must be known before following")
                : Optional.empty();
    }

    /** Where the data leaves the cluster's lineage, as far as its end is known. */
    private static Optional<TimelineStart> fork(
            Assignment.FollowPrimary follow, Server.Standby standby, LocalObservation seen) {
        return standby.boundary()
                .map(Boundary::position)
                .or(standby::position)
                .flatMap(end -> Lineage.fork(own(follow, standby, seen), end, follow.lineage()));
    }

    private static List<TimelineStart> own(
            Assignment.FollowPrimary follow, Server.Standby standby, LocalObservation seen) {
        return Lineage.proved(seen.lineage(), standby.timeline(), follow.lineage());
    }

    static Optional<Outcome> quarantine(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.FollowPrimary follow)
                || !(seen.server() instanceof Server.Standby standby)
                || standby.position().isEmpty()) {
            return Optional.empty();
        }
        Position end = standby.position().get();
        Optional<TimelineStart> fork = fork(follow, standby, seen);
        return fork.flatMap(left -> {
            String reason = "the log here goes on to " + end + ", but the cluster's epoch " + left.epoch()
                    + " (timeline " + left.timeline() + ") begins at " + left.start();
            return Outcome.of(
                    new Action.Quarantine(
                            follow.lineage(),
                            reason,
                            Optional.ofNullable(follow.boundaries().get(left.epoch())),
                            own(follow, standby, seen)),
                    reason);
        });
    }

    static Optional<Outcome> follow(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.FollowPrimary follow)
                || !(seen.server() instanceof Server.Standby standby)
                || follows(follow, standby, seen)) {
            return Optional.empty();
        }
        return Outcome.of(
                new Action.Follow(
                        follow.tenure().epoch(),
                        follow.tenure().holder().node(),
                        follow.primary(),
                        follow.lineage(),
                        follow.mode()),
                follow.tenure().holder() + " is primary of epoch "
                        + follow.tenure().epoch());
    }

    private static boolean follows(Assignment.FollowPrimary follow, Server.Standby standby, LocalObservation seen) {
        return standby.upstream().equals(Optional.of(follow.tenure().holder().node()))
                && seen.lineage().equals(follow.lineage());
    }

    /** A replica asks for the new log only once it replayed the old, and the tenure opens only once enough of them have both. */
    static Optional<Outcome> unblock(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.FollowPrimary follow
                        && seen.server() instanceof Server.Standby standby
                        && follow.tenure().phase() == Phase.GRANTED
                        && !standby.streaming()
                        && standby.position()
                                .filter(end -> end.isAfter(standby.replayed()))
                                .isPresent()
                ? Outcome.of(
                        new Action.EndReplayBlockers(),
                        "replay is at " + standby.replayed() + " of "
                                + standby.position().get() + " and "
                                + follow.tenure().holder()
                                + " waits for this node before it opens")
                : Optional.empty();
    }

    static Optional<Outcome> following(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.FollowPrimary follow)
                || !(seen.server() instanceof Server.Standby now)) {
            return Optional.empty();
        }
        return Outcome.waiting((now.streaming() ? "streaming from " : "waiting for the log of ")
                + follow.tenure().holder());
    }
}
