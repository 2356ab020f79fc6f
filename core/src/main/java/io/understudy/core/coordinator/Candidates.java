package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange.Candidate;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who could be primary of the next epoch, the best first.
 *
 * @param ranked the votes that may win, best first: by (epoch, position), never anything before that
 * @param obstacle why even the best may not be chosen now, empty when it may
 * @param looked every node with its verdict, for the history
 */
record Candidates(List<Vote> ranked, Optional<String> obstacle, List<Candidate> looked) {

    /** Healthy nodes are given this long to seal too, so that their data need not be thrown away afterwards. */
    static final Duration STRAGGLERS = Duration.ofMillis(150);

    /** A switchover that has not found its last record on the target within this goes on as a failover. */
    static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(1);

    static Candidates of(Situation now) {
        List<Vote> ranked = new ArrayList<>();
        List<Candidate> looked = new ArrayList<>();
        for (NodeId node : now.state().nodes()) {
            Optional<Vote> vote = now.state().votesForNext().stream()
                    .filter(given -> given.member().node().equals(node))
                    .findFirst();
            String rejected = vote.map(given -> whyNot(now, given)).orElseGet(() -> "not sealed: " + doing(now, node));
            if (vote.isPresent() && rejected.isEmpty()) {
                ranked.add(vote.get());
            }
            looked.add(new Candidate(node, vote.map(Vote::lastEpoch), vote.map(Vote::position), rejected));
        }
        ranked.sort((one, other) -> compare(now, one, other));
        Optional<String> obstacle = obstacle(now, ranked);
        return new Candidates(ranked, obstacle, withVerdicts(ranked, looked));
    }

    Optional<Vote> winner() {
        return ranked.stream().findFirst();
    }

    /** Why the winner won. */
    String praise() {
        Vote best = ranked.getFirst();
        return best.member() + " has all of the log up to " + best.position() + " of epoch " + best.lastEpoch()
                + (ranked.size() == 1
                        ? ", the only candidate"
                        : ", no candidate has more: "
                                + ranked.stream().skip(1).map(Candidates::brief).toList());
    }

    static String brief(Vote vote) {
        return vote.member() + " at " + vote.position() + " of epoch " + vote.lastEpoch();
    }

    private static String doing(Situation now, NodeId node) {
        return now.freshReport(node)
                .map(Report::doing)
                .orElseGet(() -> "not heard for " + now.silence(node).toMillis() + " ms");
    }

    private static String whyNot(Situation now, Vote vote) {
        Optional<Report> report = now.freshReport(vote.member().node());
        if (report.isEmpty()) {
            return "not heard for " + now.silence(vote.member().node()).toMillis() + " ms since it voted";
        }
        if (!report.get().incarnation().equals(Optional.of(vote.member().incarnation()))) {
            return "the data that voted is gone: "
                    + report.get()
                            .incarnation()
                            .map(life -> "there is other data now")
                            .orElse("there is none now");
        }
        if (report.get().seen().server() instanceof Server.Gone gone
                && gone.problem().isPresent()) {
            return "its server is down since it voted and cannot be started: "
                    + gone.problem().get();
        }
        Optional<TimelineStart> fork = Lineage.fork(
                report.get().lineage(now.state().lineage()),
                vote.position(),
                now.state().lineage());
        return fork.map(left -> "its log left the cluster's lineage at " + left.start() + " of epoch " + left.epoch())
                .orElse("");
    }

    private static int compare(Situation now, Vote one, Vote other) {
        if (one.isAheadOf(other)) {
            return -1;
        }
        if (other.isAheadOf(one)) {
            return 1;
        }
        return Integer.compare(handicap(now, one.member()), handicap(now, other.member())) != 0
                ? Integer.compare(handicap(now, one.member()), handicap(now, other.member()))
                : one.member().compareTo(other.member());
    }

    /** Among equals: who has finished replay first, then the switchover's target, the former holder last. */
    private static int handicap(Situation now, Member member) {
        boolean ready = now.freshReport(member.node())
                .filter(report -> report.seen().server() instanceof Server.Standby standby
                        && standby.boundary().isPresent())
                .isPresent();
        return (ready ? 0 : 3) + preference(now, member);
    }

    private static int preference(Situation now, Member member) {
        Optional<NodeId> target = now.state().switchover().flatMap(SwitchoverRequest::target);
        if (target.equals(Optional.of(member.node()))) {
            return 0;
        }
        return now.tenure().holder().node().equals(member.node()) ? 2 : 1;
    }

    private static Optional<String> obstacle(Situation now, List<Vote> ranked) {
        if (ranked.isEmpty()) {
            return Optional.of("no node is sealed with a known end of its log: " + quorums(now));
        }
        Vote best = ranked.getFirst();
        Duration since = now.now().since(now.seen().phaseSince());
        Optional<SwitchoverRequest> planned = now.state().switchover();
        Optional<Position> stopped = planned.flatMap(SwitchoverRequest::stopped);
        if (stopped.isPresent() && since.compareTo(HAND_OVER_LIMIT) < 0) {
            return holds(now, best, stopped.get())
                            && planned.get()
                                    .target()
                                    .equals(Optional.of(best.member().node()))
                    ? Optional.empty()
                    : Optional.of("handing over: waiting for "
                            + planned.get().target().orElseThrow() + " to vote with the log up to " + stopped.get());
        }
        if (holdsEverything(now, best, stopped)) {
            return stragglers(now, since);
        }
        return uncovered(now, best).or(() -> unboundedLoss(now, best)).or(() -> stragglers(now, since));
    }

    /** Whether the vote is of one that has the log of this tenure up to {@code end}. */
    static boolean holds(Situation now, Vote vote, Position end) {
        return vote.lastEpoch().equals(now.state().epoch()) && !end.isAfter(vote.position());
    }

    /** The best has all that the sealed former holder has, or the last record of its clean stop. */
    private static boolean holdsEverything(Situation now, Vote best, Optional<Position> stopped) {
        return notAheadOf(now, best).stream()
                        .anyMatch(vote -> vote.member().equals(now.tenure().holder()))
                || stopped.filter(end -> holds(now, best, end)).isPresent();
    }

    /** A node that voted and was lost since may have had more than the best of those that are left. */
    private static List<Vote> notAheadOf(Situation now, Vote best) {
        return now.state().votesForNext().stream()
                .filter(vote -> !vote.within(now.state().lineage()).isAheadOf(best))
                .toList();
    }

    private static Optional<String> uncovered(Situation now, Vote best) {
        for (FailoverQuorum quorum : FailoverQuorum.of(now.state(), notAheadOf(now, best))) {
            InSyncConfiguration configuration = quorum.configuration();
            if (isOfBefore(now, best, configuration)) {
                continue;
            }
            if (configuration.isDegraded()) {
                return Optional.of("commits were acknowledged by "
                        + now.tenure().holder() + " alone (degraded): only it may be primary without an operator");
            }
            if (configuration.waitsForNobody()) {
                if (!formerHolderIsDone(now)) {
                    return Optional.of(
                            "async: " + now.tenure().holder() + " may still acknowledge until its lease is over");
                }
            } else if (!quorum.holds()) {
                return Optional.of(quorum + ": an acknowledged commit may be only there");
            }
        }
        return Optional.empty();
    }

    /**
     * Whether all that was acknowledged under the configuration is older than the tenure, and the best has it. A holder is never a member of
     * what is asked for in its own tenure: one that it is a member of was in force before it, and it was chosen with all that was
     * acknowledged then. Whoever has log of the tenure has that too, whatever became of the holder's data.
     */
    private static boolean isOfBefore(Situation now, Vote best, InSyncConfiguration configuration) {
        return best.lastEpoch().equals(now.state().epoch())
                && configuration.contains(now.tenure().holder().node());
    }

    /**
     * Whether the former holder can acknowledge nothing more even when nobody has to confirm: it has no server any more, or
     * has promised the next epoch, or believes no longer in its lease.
     */
    private static boolean formerHolderIsDone(Situation now) {
        boolean seenDown = now.freshReport(now.tenure().holder().node())
                .map(Report::seen)
                .filter(seen -> switch (seen.server()) {
                    case Server.Gone gone -> true;
                    case Server.Standby standby ->
                        standby.isSealed()
                                && !seen.promised().isBefore(now.state().epoch().next());
                    case Server.Primary primary -> false;
                    case Server.Starting starting -> false;
                    case Server.Stopping stopping -> false;
                    case Server.Stuck stuck -> false;
                })
                .isPresent();
        return seenDown || now.leaseIsOverOnAnyClock();
    }

    private static Optional<String> unboundedLoss(Situation now, Vote best) {
        ClusterState state = now.state();
        if (state.inSync().possible().stream().noneMatch(InSyncConfiguration::waitsForNobody)) {
            return Optional.empty();
        }
        Optional<NodeId> unheard = now.unheardYet();
        if (unheard.isPresent()) {
            return Optional.of("async: this Raft leader is new and has not heard yet what " + unheard.get() + " has");
        }
        long lost = lastKnownEnd(now).bytesSince(best.position());
        return lost <= state.settings().maxFailoverLagBytes()
                ? Optional.empty()
                : Optional.of("async: " + best.member() + " lacks " + lost + " bytes of the former primary's log, "
                        + "max-failover-lag is " + state.settings().maxFailoverLagBytes());
    }

    /**
     * The furthest end of the former primary's log that this Raft leader was ever told, or that somebody voted with; at least
     * where its tenure began, which the ledger knows even when everybody who reported is forgotten.
     */
    private static Position lastKnownEnd(Situation now) {
        Position began = now.tenure().boundary().position();
        return now.state().votesForNext().stream()
                .filter(vote -> vote.lastEpoch().equals(now.state().epoch()))
                .map(vote -> ofTheCluster(now, vote))
                .reduce(
                        now.seen()
                                .furthestEnd()
                                .map(end -> Position.max(end, began))
                                .orElse(began),
                        Position::max);
    }

    /** How far a vote tells of the cluster's log: not what somebody had its member's server write on it out of turn. */
    private static Position ofTheCluster(Situation now, Vote vote) {
        List<TimelineStart> ledger = now.state().lineage();
        return now.report(vote.member().node())
                .filter(report ->
                        report.incarnation().equals(Optional.of(vote.member().incarnation())))
                .flatMap(report -> Lineage.fork(report.lineage(ledger), vote.position(), ledger))
                .map(TimelineStart::start)
                .orElse(vote.position());
    }

    private static Optional<String> stragglers(Situation now, Duration since) {
        if (since.compareTo(STRAGGLERS) >= 0) {
            return Optional.empty();
        }
        List<NodeId> late = now.state().nodes().stream()
                .filter(node -> !node.equals(now.tenure().holder().node()))
                .filter(node -> now.freshReport(node)
                        .filter(report -> report.seen().server() instanceof Server.Standby)
                        .isPresent())
                .filter(node -> now.state().votesForNext().stream()
                        .noneMatch(vote -> vote.member().node().equals(node)))
                .toList();
        return late.isEmpty() ? Optional.empty() : Optional.of("healthy and not sealed yet: " + late);
    }

    private static String quorums(Situation now) {
        return FailoverQuorum.of(now.state(), now.state().votesForNext()).toString();
    }

    private static List<Candidate> withVerdicts(List<Vote> ranked, List<Candidate> looked) {
        return looked.stream()
                .map(candidate -> candidate.verdict().isEmpty()
                        ? new Candidate(
                                candidate.node(),
                                candidate.lastEpoch(),
                                candidate.position(),
                                verdict(ranked, candidate.node()))
                        : candidate)
                .toList();
    }

    private static String verdict(List<Vote> ranked, NodeId node) {
        Vote best = ranked.getFirst();
        if (best.member().node().equals(node)) {
            return "chosen";
        }
        Vote mine = ranked.stream()
                .filter(vote -> vote.member().node().equals(node))
                .findFirst()
                .orElseThrow();
        return best.isAheadOf(mine)
                ? "behind the chosen by "
                        + (best.lastEpoch().equals(mine.lastEpoch())
                                ? best.position().bytesSince(mine.position()) + " bytes"
                                : "an epoch")
                : "as good as the chosen";
    }
}
